// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file systems of a round: "below" is what backing objects and trees are on, "mnt" the daemon's, "bind" a bind mount
 * and "ovl" an overlay of it. At the end each must let itself be unmounted: what nobody uses, nothing may hold.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "case.h"
#include "fuzz.h"

#define TRIES	(200U * case_slow())

static const char * const dirs[] = { "disk", "below", "mnt", "mnt2", "bind", "ovl", "up", "work", "elsewhere" };

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666);

	if (fd < 0)
		return;
	if (write(fd, "some text\n", 10) != 10 || ftruncate(fd, 20000))
		perror(path);
	close(fd);
}

/* The same names as in the daemon's own tree. */
static void fill_below(void)
{
	unsigned int i;
	static const char * const names[] = { "below/a", "below/b", "below/a/a", "below/b/b" };

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		mkdir(names[i], 01777);
	put("below/c");
	put("below/d");
	put("below/a/c");
	put("below/secret");
	if (symlink("c", "below/e") || symlink("a/c", "below/f"))
		errno = 0;
}

/* With names that fold case, which this kernel may not know. */
static bool mount_folding(void)
{
	int flags = FS_CASEFOLD_FL, fd;

	if (!config.folds || mount("tmpfs", "below", "tmpfs", MS_NODEV, "size=32m,mode=777,casefold"))
		return false;
	fd = open("below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0 && !ioctl(fd, FS_IOC_SETFLAGS, &flags), "a directory that folds case");
	close(fd);
	return true;
}

static void mount_tmpfs(void)
{
	CHECK(mount_folding() || !mount("tmpfs", "below", "tmpfs", MS_NODEV, "size=32m,mode=777"), "a tmpfs");
}

void world_up(void)
{
	unsigned int i;

	/* Tasks make files immutable. */
	CHECK(!system("chattr -R -i -a disk up work elsewhere 2>/dev/null; rm -rf disk up work elsewhere"), "an empty place");
	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		CHECK(!mkdir(dirs[i], 0777) || errno == EEXIST, "%s", dirs[i]);
		chmod(dirs[i], 0777);
	}
	if (config.tmpfs)
		mount_tmpfs();
	else
		CHECK(!mount("disk", "below", NULL, MS_BIND, NULL), "a bind mount");
	fill_below();
	/* What the fuzzer must find. */
	if (getenv("FUZZ_PLANT"))
		CHECK(open("below", O_PATH | O_CLOEXEC) >= 0, "somebody who uses it");
}

void world_arrange(void)
{
	const char *options = config.upper ? "lowerdir=elsewhere,upperdir=mnt/a,workdir=mnt/b" : "lowerdir=mnt,upperdir=up,workdir=work";

	mount("mnt", "bind", NULL, MS_BIND, NULL);
	mount("overlay", "ovl", "overlay", MS_NODEV | MS_NOSUID, options);
}

/* Mounts may lie on each other. */
static bool unmount(const char *dir)
{
	unsigned int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (!umount2(dir, UMOUNT_NOFOLLOW))
			continue;
		if (errno != EBUSY)
			return true;
		fuzz_nap(20000);
	}
	printf("FOUND: %s is busy, and nobody uses it\n", dir);
	fflush(stdout);
	if (getenv("FUZZ_VERBOSE"))
		system("cat /proc/self/mountinfo");
	umount2(dir, MNT_DETACH);
	return false;
}

bool world_down(void)
{
	unsigned int tries;
	bool good = true;

	good &= unmount("ovl");
	good &= unmount("bind");
	good &= unmount("mnt2");
	good &= unmount("mnt");
	for (tries = 0; fuzz->conn && conn_is_there(fuzz->conn); tries++) {
		if (tries == TRIES) {
			printf("FOUND: connection %u is there without mount and daemon\n", fuzz->conn);
			good = false;
			break;
		}
		fuzz_nap(20000);
	}
	good &= unmount("below");
	return good;
}
