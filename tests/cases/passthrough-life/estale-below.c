// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: ESTALE of a network file system below reaches the caller from each kind of request, and when it is over all works again
 * needs: extfuse fuse root
 * timeout: 60
 *
 * The file system below is a stock FUSE mount, whose daemon is here.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "both.h"
#include "rawfuse.h"

static const uint32_t requests[] = {
	FUSE_GETATTR, FUSE_SETATTR, FUSE_OPEN,	  FUSE_READ,  FUSE_WRITE,   FUSE_FLUSH,	  FUSE_FSYNC,	FUSE_STATFS,
	FUSE_OPENDIR, FUSE_READDIR, FUSE_FSYNCDIR, FUSE_LSEEK, FUSE_SETXATTR, FUSE_GETXATTR, FUSE_LISTXATTR, FUSE_REMOVEXATTR,
	FUSE_FALLOCATE,
};

static int files[2], listings[2];

static int stale(struct raw_req *req)
{
	(void)req;
	return -ESTALE;
}

static void answer_with(struct rawfuse *rf, raw_handler handler)
{
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		raw_on(rf, requests[i], handler, NULL);
}

static void steps(void)
{
	struct statvfs vfs;
	char room[4096];
	struct stat st;

	BOTH(-ESTALE, pread(files[s], room, 4, 0));
	BOTH(-ESTALE, pwrite(files[s], "more", 4, 0));
	BOTH(-ESTALE, fsync(files[s]));
	BOTH(-ESTALE, lseek(files[s], 0, SEEK_DATA));
	BOTH(-ESTALE, fallocate(files[s], 0, 0, 4096));
	BOTH(-ESTALE, ftruncate(files[s], 1));
	BOTH(-ESTALE, fstat(files[s], &st));
	BOTH(-ESTALE, fstatvfs(files[s], &vfs));
	BOTH(-ESTALE, fchmod(files[s], 0600));
	BOTH(-ESTALE, fsetxattr(files[s], "user.x", "x", 1, 0));
	BOTH(-ESTALE, fgetxattr(files[s], "user.x", room, 8));
	BOTH(-ESTALE, flistxattr(files[s], room, sizeof(room)));
	BOTH(-ESTALE, fremovexattr(files[s], "user.x"));
	BOTH(-ESTALE, syscall(SYS_getdents64, listings[s], room, sizeof(room)));
	BOTH(-ESTALE, fsync(listings[s]));
	BOTH(-ESTALE, try_open(in(s, "f"), O_RDWR));
	BOTH(-ESTALE, try_open(in(s, "."), O_RDONLY | O_DIRECTORY));
	BOTH(-ESTALE, close(files[s]));
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .type = "fuse", .dir = "fs" });
	struct raw_node *file;
	char room[4096];
	int s;

	raw_mkdir(rf, "/a");
	file = raw_file(rf, "/a/f", "text", 4);
	/* Each read and write asks the daemon. */
	file->open_flags = FOPEN_DIRECT_IO;
	CHECK(!mkdir("mnt", 0755), "mnt");
	CHECK(!system("mount -t extfuse -o ext=${EXT:-passthrough},log=$PWD/log $PWD/fs/a $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		files[s] = open(in(s, "f"), O_RDWR | O_CLOEXEC);
		listings[s] = open(dirs[s], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(files[s] >= 0 && listings[s] >= 0, "handles");
	}
	BOTH(4, pread(files[s], room, 4, 0));

	answer_with(rf, stale);
	steps();
	answer_with(rf, NULL);

	BOTH(0, try_open(in(s, "f"), O_RDWR));
	BOTH(0, access(in(s, "f"), R_OK));
	BOTH(0, lseek(listings[s], 0, SEEK_SET));
	CHECK(syscall(SYS_getdents64, listings[0], room, sizeof(room)) > 0, "a listing below");
	CHECK(syscall(SYS_getdents64, listings[1], room, sizeof(room)) > 0, "a listing through the mount");
	BOTH(0, close(listings[s]));
	CHECK(!system("umount $PWD/mnt"), "the mount must go");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	raw_stop(rf);
	return 0;
}
