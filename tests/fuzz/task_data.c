// SPDX-License-Identifier: GPL-2.0-only
/* Operations on data, by read and write and their kin. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "task.h"

static bool op_read(struct task *t)
{
	return read(task_fd(t), t->buf, task_size(t)) >= 0;
}

static bool op_write(struct task *t)
{
	return write(task_fd(t), t->buf, task_size(t)) >= 0;
}

static bool op_pread(struct task *t)
{
	return pread(task_fd(t), t->buf, task_size(t), task_offset(t)) >= 0;
}

static bool op_pwrite(struct task *t)
{
	return pwrite(task_fd(t), t->buf, task_size(t), task_offset(t)) >= 0;
}

/* As O_DIRECT wants it. */
static bool op_whole(struct task *t)
{
	size_t size = 4096 * (1 + rng_below(&t->r, 16));
	off_t at = 4096 * rng_below(&t->r, 8);
	int fd = task_fd(t);

	return rng_below(&t->r, 2) ? pread(fd, t->buf, size, at) >= 0 : pwrite(fd, t->buf, size, at) >= 0;
}

static bool op_vector(struct task *t)
{
	struct iovec iov[3] = { { t->buf, task_size(t) }, { t->buf + 100, rng_below(&t->r, 5000) }, { t->buf, rng_below(&t->r, 2) } };
	int flags = rng_one_in(&t->r, 2) ? 0 : (int)rng_below(&t->r, 128), fd = task_fd(t);

	if (rng_below(&t->r, 2))
		return preadv2(fd, iov, 3, task_offset(t), flags) >= 0;
	return pwritev2(fd, iov, 3, task_offset(t), flags) >= 0;
}

static bool op_lseek(struct task *t)
{
	return lseek(task_fd(t), task_offset(t), rng_below(&t->r, 6)) >= 0;
}

static bool op_ftruncate(struct task *t)
{
	return !ftruncate(task_fd(t), task_offset(t));
}

static bool op_fallocate(struct task *t)
{
	static const int modes[] = { 0, 1, 3, 2, 8, 16, 32, 17, 64 };

	return !fallocate(task_fd(t), RNG_PICK(&t->r, modes), task_offset(t), rng_one_in(&t->r, 8) ? (off_t)rng_odd(&t->r) : 1 + (off_t)rng_below(&t->r, 20000));
}

static bool op_sync(struct task *t)
{
	int fd = task_fd(t);

	switch (rng_below(&t->r, 4)) {
	case 0:
		return !fsync(fd);
	case 1:
		return !fdatasync(fd);
	case 2:
		return !syncfs(fd);
	default:
		return !sync_file_range(fd, 0, 0, rng_below(&t->r, 8));
	}
}

static bool op_advise(struct task *t)
{
	int fd = task_fd(t);

	if (rng_below(&t->r, 2))
		return readahead(fd, rng_below(&t->r, 9000), rng_below(&t->r, 99000)) == 0;
	return posix_fadvise(fd, rng_below(&t->r, 9000), rng_below(&t->r, 99000), rng_below(&t->r, 6)) == 0;
}

static bool op_copy(struct task *t)
{
	loff_t from = task_offset(t), to = task_offset(t);

	return copy_file_range(task_fd(t), &from, task_fd(t), &to, task_size(t), 0) >= 0;
}

static bool op_clone(struct task *t)
{
	return !ioctl(task_fd(t), FICLONE, task_fd(t));
}

static bool op_sendfile(struct task *t)
{
	off_t at = rng_below(&t->r, 9000);

	return sendfile(task_fd(t), task_fd(t), &at, task_size(t)) >= 0;
}

/* Through a pipe, which has room for what is asked for. */
static bool op_splice(struct task *t)
{
	loff_t from = rng_below(&t->r, 9000), to = rng_below(&t->r, 9000);
	size_t size = rng_below(&t->r, 60000);
	bool good = false;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
		return false;
	if (splice(task_fd(t), &from, pipes[1], NULL, size, SPLICE_F_NONBLOCK) > 0)
		good = splice(pipes[0], NULL, task_fd(t), &to, size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE) > 0;
	close(pipes[0]);
	close(pipes[1]);
	return good;
}

static bool op_aio(struct task *t)
{
	struct timespec soon = { 0, 50000000 };
	aio_context_t context = 0;
	struct io_event events[4];
	struct iocb cbs[4], *list[4];
	unsigned int i;
	long n;

	if (syscall(SYS_io_setup, 4, &context))
		return false;
	for (i = 0; i < 4; i++) {
		cbs[i] = (struct iocb){ .aio_lio_opcode = rng_below(&t->r, 2) ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE, .aio_fildes = task_fd(t),
					.aio_buf = (uintptr_t)t->buf, .aio_nbytes = 4096 * rng_below(&t->r, 20), .aio_offset = 4096 * rng_below(&t->r, 8) };
		if (rng_one_in(&t->r, 6))
			cbs[i].aio_lio_opcode = rng_below(&t->r, 9);
		list[i] = &cbs[i];
	}
	n = syscall(SYS_io_submit, context, 4, list);
	if (n > 0 && rng_below(&t->r, 2))
		syscall(SYS_io_getevents, context, 1, n, events, &soon);
	syscall(SYS_io_destroy, context);
	return n > 0;
}

const struct task_op task_data[] = {
	{ "read", op_read }, { "write", op_write }, { "pread", op_pread }, { "pwrite", op_pwrite }, { "pwrite", op_pwrite },
	{ "whole pages", op_whole }, { "whole pages", op_whole }, { "vector", op_vector }, { "lseek", op_lseek },
	{ "ftruncate", op_ftruncate }, { "fallocate", op_fallocate }, { "sync", op_sync }, { "advise", op_advise },
	{ "copy_file_range", op_copy }, { "clone", op_clone }, { "sendfile", op_sendfile }, { "splice", op_splice },
	{ "aio", op_aio }, {},
};
