// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the namespace that a process began in (common/home.c): in a mount namespace of its
 * own, whose /proc is none, the process finds its mounts (common/mounts.c) and unmounts what a
 * descriptor refers to.  Ends with 77 where it may make no namespace.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "home.h"
#include "mounts.h"

static char target[4096];

/* How many mounts are there; -errno. */
static int mounts(void)
{
	struct mount_list list;
	int n = 0, err = mount_list__read(&list, true);
	size_t i;

	if (err)
		return err;
	for (i = 0; i < list.count; i++)
		n += !strcmp(list.entries[i].target, target);
	mount_list__free(&list);
	return n;
}

int main(int argc, char **argv)
{
	char here[4096], now[4096];
	int fd;

	CHECK(argc == 2 && realpath(argv[1], target), "call it with a folder");
	CHECK(getcwd(here, sizeof(here)), "working directory");
	CHECK(!home_keep(), "its root");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		puts("no mount namespace can be made here");
		return 77;
	}
	CHECK(!mount("test", target, "tmpfs", 0, NULL), "mount");
	CHECK(!mount("lie", "/proc", "tmpfs", 0, NULL), "mount on /proc");
	CHECK(access("/proc/self", F_OK), "/proc is none");

	CHECK(mounts() == 1, "the mount is found: %d", mounts());
	fd = open(target, O_PATH | O_CLOEXEC);
	CHECK(fd >= 0 && mount_id_at(fd) > 0, "its number");
	CHECK(!home_umount(fd, MNT_DETACH), "unmount");
	CHECK(!mounts(), "it is unmounted");
	CHECK(getcwd(now, sizeof(now)) && !strcmp(here, now), "the working directory is as before");
	return 0;
}
