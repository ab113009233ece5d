// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to write into a file, and to make it durable. Files of the first half are written through the page cache,
 * by mapping as well; those of the second directly as well. On a file both at the same time promise nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model.h"

#define BYTES	(SECTORS * SECTOR)

static char *buf;
static struct io_uring ring;
static aio_context_t aio;
static int source = -1;

void ways_begin(void)
{
	must(!posix_memalign((void **)&buf, 4096, BYTES), "memory");
	must(!io_uring_queue_init(4, &ring, 0), "io_uring");
	must(!syscall(SYS_io_setup, 4, &aio), "io_setup");
	source = open("source", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	must(source >= 0, "open of the source of copies");
}

static void aio_do(int fd, int opcode, size_t len, off_t at)
{
	struct iocb cb = { .aio_fildes = fd, .aio_lio_opcode = opcode, .aio_buf = (uintptr_t)buf, .aio_nbytes = len, .aio_offset = at };
	struct iocb *list[] = { &cb };
	struct io_event event;
	long n;

	if (opcode != IOCB_CMD_PWRITE)
		cb.aio_buf = 0;
	must(syscall(SYS_io_submit, aio, 1, list) == 1, "io_submit");
	do
		n = syscall(SYS_io_getevents, aio, 1, 1, &event, NULL);
	while (n < 0 && errno == EINTR);
	must(n == 1, "io_getevents");
	errno = event.res < 0 ? -event.res : 0;
	must(event.res == (opcode == IOCB_CMD_PWRITE ? (long long)len : 0), "AIO");
}

static void uring_do(int fd, bool is_sync, size_t len, off_t at)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	struct io_uring_cqe *cqe;
	int err;

	if (is_sync)
		io_uring_prep_fsync(sqe, fd, draw(2) ? IORING_FSYNC_DATASYNC : 0);
	else
		io_uring_prep_write(sqe, fd, buf, len, at);
	must(io_uring_submit(&ring) == 1, "io_uring_submit");
	/* What a direct write does later may interrupt the wait for it. */
	do
		err = io_uring_wait_cqe(&ring, &cqe);
	while (err == -EINTR);
	must(!err, "io_uring_wait_cqe");
	errno = cqe->res < 0 ? -cqe->res : 0;
	must(cqe->res == (is_sync ? 0 : (int)len), "io_uring");
	io_uring_cqe_seen(&ring, cqe);
}

static void by_copy(int fd, size_t len, loff_t at)
{
	loff_t from = 0;
	ssize_t n;

	must(pwrite(source, buf, len, 0) == (ssize_t)len, "write of what is copied");
	while (len) {
		n = copy_file_range(source, &from, fd, &at, len, 0);
		must(n > 0, "copy_file_range");
		len -= n;
	}
}

static bool by_mapping(struct worker *w, uint32_t file, size_t len, off_t at)
{
	off_t page = at & ~4095L;
	char *map;
	bool is_synced = draw(3) == 0;

	if (w->size[file] * SECTOR < at + len)
		must(!ftruncate(w->fd[file], at + len), "ftruncate before a mapping");
	map = mmap(NULL, at + len - page, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd[file], page);
	must(map != MAP_FAILED, "mmap");
	memcpy(map + (at - page), buf, len);
	if (is_synced)
		must(w->lies || !msync(map, at + len - page, MS_SYNC), "msync");
	munmap(map, at + len - page);
	return is_synced;
}

/* The write itself is durable: O_SYNC, O_DSYNC, RWF_DSYNC. */
static void synchronously(struct worker *w, uint32_t file, size_t len, off_t at)
{
	struct iovec iov = { buf, len };
	char name[PATH_SIZE];
	int fd, how = w->lies ? 2 : draw(3);

	if (how == 2) {
		must(pwritev2(w->fd[file], &iov, 1, at, w->lies ? 0 : RWF_DSYNC) == (ssize_t)len, "pwritev2");
		return;
	}
	snprintf(name, sizeof(name), "f%u", file);
	fd = open(name, O_WRONLY | O_CLOEXEC | (how ? O_SYNC : O_DSYNC));
	must(fd >= 0, "open to write synchronously");
	must(pwrite(fd, buf, len, at) == (ssize_t)len, "synchronous write");
	close(fd);
}

static void directly(uint32_t file, bool by_aio, size_t len, off_t at)
{
	char name[PATH_SIZE];
	int fd;

	snprintf(name, sizeof(name), "f%u", file);
	fd = open(name, O_WRONLY | O_CLOEXEC | O_DIRECT);
	must(fd >= 0, "open for direct writes");
	if (by_aio)
		aio_do(fd, IOCB_CMD_PWRITE, len, at);
	else if (draw(2))
		uring_do(fd, false, len, at);
	else
		must(pwrite(fd, buf, len, at) == (ssize_t)len, "direct write");
	close(fd);
}

/* Returns true where what was written is durable. */
static bool write_one_way(struct worker *w, uint32_t file, size_t len, off_t at)
{
	int way = draw(6);

	if (way == 0) {
		synchronously(w, file, len, at);
		return true;
	}
	if (way == 1)
		by_copy(w->fd[file], len, at);
	else if (way == 2)
		uring_do(w->fd[file], false, len, at);
	else if (way < 5 && file < FILES / 2)
		return by_mapping(w, file, len, at);
	else if (way < 5)
		directly(file, way == 3, len, at);
	else
		must(pwrite(w->fd[file], buf, len, at) == (ssize_t)len, "write");
	return false;
}

void write_somehow(struct worker *w, uint32_t file, uint32_t first, uint32_t count)
{
	/* Blocks, so that there is a direct way. */
	if (file >= FILES / 2) {
		first -= first % BLOCK;
		count = BLOCK * (1 + count / BLOCK);
		if (first + count > SECTORS)
			count = SECTORS - first;
	}
	fill(buf, w->run, file, first, count, log_say(OP_WRITE, file, first, count));
	if (write_one_way(w, file, count * SECTOR, (off_t)first * SECTOR))
		log_say(ACK_RANGE, file, first, count);
	if (w->size[file] < first + count)
		w->size[file] = first + count;
}

/* By another handle than the one that wrote. */
static void sync_reopened(uint32_t file)
{
	char name[PATH_SIZE];
	int fd;

	snprintf(name, sizeof(name), "f%u", file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && !fsync(fd), "fsync of another handle");
	close(fd);
}

void sync_somehow(struct worker *w, uint32_t file)
{
	int way = w->lies ? -1 : (int)draw(5);

	if (way == 0)
		must(!fsync(w->fd[file]), "fsync");
	else if (way == 1)
		must(!fdatasync(w->fd[file]), "fdatasync");
	else if (way == 2)
		aio_do(w->fd[file], draw(2) ? IOCB_CMD_FSYNC : IOCB_CMD_FDSYNC, 0, 0);
	else if (way == 3)
		uring_do(w->fd[file], true, 0, 0);
	else if (way == 4)
		sync_reopened(file);
	log_say(ACK_FILE, file, 0, 0);
}
