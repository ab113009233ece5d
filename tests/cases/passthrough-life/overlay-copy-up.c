// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: asynchronous requests on a backing file that overlayfs copies up while it is open lose no file: what lies below can be unmounted
 * needs: root extfuse overlay
 * timeout: 60
 *
 * Until 6.5 overlayfs loses a struct file with each such request, which its own users see, too.
 */
#include <linux/aio_abi.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "../backing/backing.h"

static aio_context_t ctx;

static void request(int fd, int opcode, size_t n)
{
	static char bytes[4096];
	struct iocb cb = {
		.aio_lio_opcode = opcode, .aio_fildes = fd, .aio_buf = (unsigned long)bytes, .aio_nbytes = n,
	};
	struct iocb *list = &cb;
	struct io_event event = { .res = -1 };

	CHECK(syscall(SYS_io_submit, ctx, 1, &list) == 1, "io_submit");
	CHECK(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1, "io_getevents");
	CHECK(event.res == (long long)n, "%lld bytes instead of %zu", (long long)event.res, n);
}

/* The handle below is on the lower layer; each request has to find the upper one. */
static void requests(void)
{
	int fd = open("mnt/a", O_RDONLY | O_CLOEXEC), up;
	int i;

	CHECK(fd >= 0, "open");
	request(fd, IOCB_CMD_PREAD, 4);
	up = open("over/a", O_WRONLY | O_CLOEXEC);
	CHECK(up >= 0 && pwrite(up, "newer", 5, 0) == 5 && !close(up), "the file is copied up");
	for (i = 0; i < 3; i++)
		request(fd, IOCB_CMD_PREAD, 5);
	close(fd);
}

static void writes(void)
{
	int fd = open("mnt/a", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0, "open for writing");
	request(fd, IOCB_CMD_PWRITE, 5);
	close(fd);
}

int main(void)
{
	struct rawfuse *rf;
	struct raw_node *a;
	struct script *s;

	CHECK(!mkdir("low", 0755) && !mkdir("up", 0755) && !mkdir("work", 0755) && !mkdir("over", 0755), "directories");
	put("low/a", "text");
	CHECK(!mount("overlay", "over", "overlay", 0, "lowerdir=low,upperdir=up,workdir=work"), "overlayfs");
	CHECK(!syscall(SYS_io_setup, 8, &ctx), "io_setup");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=2" });
	s = script_attach(rf, "script", NULL);
	a = raw_file(rf, "/a", "", 0);
	object(rf, a, "over/a");
	passes(s, FUSE_GETATTR);
	passes(s, FUSE_OPEN);
	requests();
	writes();
	CHECK(!raw_count(rf, FUSE_OPEN) && !raw_count(rf, FUSE_READ) && !raw_count(rf, FUSE_WRITE), "all of it is on the backing file");
	syscall(SYS_io_destroy, ctx);
	script_free(s);
	raw_stop(rf);
	CHECK(raw_until(10, !umount("over")), "overlayfs is busy: a file of it is open that nobody has");
	return 0;
}
