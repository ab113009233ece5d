// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: asynchronous reads of a file on overlayfs that was copied up after it was opened keep nothing of it: all is unmounted afterwards
 * needs: extfuse root overlay
 * timeout: 60
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rawfuse.h"

/* Each of @n must give a page of @fd. */
static void reads(int fd, unsigned int n)
{
	static char page[4096] __attribute__((aligned(4096)));
	struct iocb read = {
		.aio_fildes = fd,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_buf = (unsigned long)page,
		.aio_nbytes = sizeof(page),
	}, *list = &read;
	aio_context_t ctx = 0;
	struct io_event event;

	CHECK(!syscall(SYS_io_setup, 1, &ctx), "io_setup");
	for (; n; n--) {
		CHECK(syscall(SYS_io_submit, ctx, 1, &list) == 1, "io_submit");
		CHECK(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1, "io_getevents");
		CHECK(event.res == sizeof(page), "a read: %lld", (long long)event.res);
	}
	CHECK(!syscall(SYS_io_destroy, ctx), "io_destroy");
}

static void one(const char *name, int flags)
{
	char path[64];
	int fd, written;

	snprintf(path, sizeof(path), "mnt/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	/* Not every file system below an overlay can do it. */
	if (fd < 0 && flags && errno == EINVAL)
		return;
	CHECK(fd >= 0, "open %s", path);
	reads(fd, 3);
	snprintf(path, sizeof(path), "over/%s", name);
	written = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(written >= 0 && pwrite(written, "up", 2, 0) == 2 && !close(written), "it is copied up");
	snprintf(path, sizeof(path), "fs/upper/%s", name);
	CHECK(!access(path, F_OK), "it was copied up");
	reads(fd, 3);
	close(fd);
}

int main(void)
{
	CHECK(!system("mkdir fs over mnt && mount -t tmpfs none fs && mkdir fs/lower fs/upper fs/work &&"
		      " head -c 4096 /dev/zero >fs/lower/a && cp fs/lower/a fs/lower/b &&"
		      " mount -t overlay -o lowerdir=fs/lower,upperdir=fs/upper,workdir=fs/work overlay over"), "an overlay");
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/over $PWD/mnt"), "the mount");
	one("a", 0);
	one("b", O_DIRECT);
	CHECK(!umount("mnt"), "umount mnt");
	/* The daemon's own descriptors may go a little later. */
	CHECK(raw_until(10, !umount("over")), "something of the overlay is kept");
	CHECK(!umount("fs"), "umount fs");
	return 0;
}
