// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a mount from a user namespace is refused unless userns_mounts=1, and works then
 * needs: extfuse root
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(90);
	close(fd);
}

/* 0: mounted; else what mount() said. */
static int try_mount(void)
{
	char opts[128];
	int fd, status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
			_exit(91);
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", "0 0 1");
		put("/proc/self/gid_map", "0 0 1");
		/* fuse wants the device opened in the namespace that mounts. */
		fd = open("/dev/extfuse", O_RDWR);
		if (fd < 0)
			_exit(93);
		snprintf(opts, sizeof(opts), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
		if (mount("t", "m", "extfuse", 0, opts))
			_exit(errno);
		_exit(umount2("m", MNT_DETACH) ? 92 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "the child");
	return WEXITSTATUS(status);
}

static void userns_mounts(const char *on)
{
	int fd = open("/sys/module/extfuse/parameters/userns_mounts", O_WRONLY);

	CHECK(fd >= 0 && write(fd, on, 1) == 1, "userns_mounts");
	close(fd);
}

int main(void)
{
	int ret;

	mkdir("m", 0755);
	ret = try_mount();
	CHECK(ret == EPERM, "without userns_mounts: %d", ret);
	userns_mounts("1");
	ret = try_mount();
	userns_mounts("0");
	CHECK(!ret, "with userns_mounts=1: %d", ret);
	ret = try_mount();
	CHECK(ret == EPERM, "switched off again: %d", ret);
	return 0;
}
