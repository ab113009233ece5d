// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what is asked by AIO and io_uring is over later, as on ext4, with the same results, also where the file is closed, the daemon killed, or the process gone meanwhile
 * needs: extfuse ext4 root scsi_debug mkfs.ext4 jq
 * libs: -l:liburing.a
 * timeout: 240
 * ring: slow
 *
 * The disk below answers late, so that a request which is waited for where it should not be is seen. With the disk quick
 * again both ways are compared over many requests.
 */
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "both.h"
#include "rawfuse.h"

#define PAGE	4096
#define PAGES	64
#define SIZE	(PAGES * PAGE)
#define DRIVER	"/sys/bus/pseudo/drivers/scsi_debug"
#define LATE	250	/* jiffies, of 4 ms */
#define DEPTH	16
#define ROUNDS	400

static char *block;	/* aligned */
static int direct[2], cached[2];
static struct io_uring ring;
static aio_context_t aio;

/* Refused while a request is under way. */
static bool disk_answers(int jiffies)
{
	char command[128];

	sprintf(command, "echo %d 2>/dev/null >" DRIVER "/delay", jiffies);
	return !system(command);
}

static void disk_late(void)
{
	CHECK(!system("sync") && raw_until(20, disk_answers(LATE)), "a late disk");
}

static void disk_quick(void)
{
	CHECK(raw_until(20, disk_answers(0)), "a quick disk");
}

static void fill(unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		block[i] = (i * 7 + i / PAGE + seed) % 251;
}

static void start(void)
{
	int s;

	block = aligned_alloc(PAGE, SIZE);
	CHECK(block, "memory");
	fill(0);
	CHECK(!io_uring_queue_init(DEPTH, &ring, 0), "io_uring");
	CHECK(!syscall(SYS_io_setup, DEPTH, &aio), "AIO");
	CHECK(!system("modprobe sd_mod && modprobe scsi_debug dev_size_mb=64 delay=0"), "a disk");
	CHECK(raw_until(10, !system("test -b /dev/$(ls " DRIVER "/adapter0/host*/target*/*:*:*:*/block)")), "its device");
	CHECK(!system("dev=/dev/$(ls " DRIVER "/adapter0/host*/target*/*:*:*:*/block) && mkdir -p fs mnt &&"
		      " mkfs.ext4 -q -O ^has_journal $dev && mount $dev fs && mkdir fs/a fs/b"), "a file system");
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		cached[s] = open(in(s, "file"), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		direct[s] = open(in(s, "file"), O_RDWR | O_DIRECT | O_CLOEXEC);
		CHECK(cached[s] >= 0 && direct[s] >= 0, "a file");
		CHECK(write(cached[s], block, SIZE) == SIZE && !fsync(cached[s]), "with blocks of its own");
		CHECK(pread(direct[s], block, SIZE, 0) == SIZE, "and its map in memory");
	}
}

static void aio_submit(int fd, int opcode, size_t len, off_t at)
{
	struct iocb cb = {
		.aio_lio_opcode = opcode, .aio_fildes = fd, .aio_buf = (unsigned long)block, .aio_nbytes = len, .aio_offset = at,
	};
	struct iocb *list = &cb;

	CHECK(syscall(SYS_io_submit, aio, 1, &list) == 1, "io_submit: %s", strerror(errno));
}

/* @min of 0 asks for what is over by now: -EAGAIN if nothing is. */
static long aio_result(int min)
{
	struct timespec now = {};
	struct io_event event;
	long n = syscall(SYS_io_getevents, aio, min, 1, &event, min ? NULL : &now);

	errno = n ? -event.res : EAGAIN;
	return n == 1 && (long)event.res >= 0 ? (long)event.res : -1;
}

static void ring_submit(int fd, bool write, size_t len, off_t at)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (write)
		io_uring_prep_write(sqe, fd, block, len, at);
	else
		io_uring_prep_read(sqe, fd, block, len, at);
	CHECK(io_uring_submit(&ring) == 1, "io_uring_submit");
}

static long ring_result(bool wait)
{
	struct io_uring_cqe *cqe;
	int err = wait ? io_uring_wait_cqe(&ring, &cqe) : io_uring_peek_cqe(&ring, &cqe);
	long res;

	if (!err) {
		res = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	} else {
		res = err;
	}
	errno = res < 0 ? -res : 0;
	return res < 0 ? -1 : res;
}

static bool is_filled(int fd, off_t at, unsigned int seed)
{
	static char got[PAGE];
	unsigned int i;

	if (pread(fd, got, PAGE, at) != PAGE)
		return false;
	for (i = 0; i < PAGE && got[i] == (char)((i * 7 + seed) % 251); i++)
		;
	return i == PAGE;
}

static struct timespec changed(int fd)
{
	struct stat st;

	CHECK(!fstat(fd, &st), "fstat");
	return st.st_mtim;
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static void late_aio(void)
{
	struct timespec before;
	int s;

	disk_late();
	for (s = 0; s < 2; s++) {
		before = changed(direct[s]);
		aio_submit(direct[s], IOCB_CMD_PREAD, SIZE, 0);
		CHECK(aio_result(0) < 0 && errno == EAGAIN, "%s: a read is not waited for", dirs[s]);
		CHECK(aio_result(1) == SIZE, "%s: and is over: %s", dirs[s], strerror(errno));
		fill(1);
		aio_submit(direct[s], IOCB_CMD_PWRITE, PAGE, PAGE);
		CHECK(aio_result(0) < 0 && errno == EAGAIN, "%s: a write is not waited for", dirs[s]);
		CHECK(aio_result(1) == PAGE, "%s: and is over: %s", dirs[s], strerror(errno));
		CHECK(is_later(changed(direct[s]), before), "%s: its time", dirs[s]);
	}
}

static void late_ring(void)
{
	int s;

	for (s = 0; s < 2; s++) {
		fill(2);
		ring_submit(direct[s], true, PAGE, 2 * PAGE);
		CHECK(ring_result(false) < 0 && errno == EAGAIN, "%s: a write is not waited for", dirs[s]);
		CHECK(ring_result(true) == PAGE, "%s: and is over: %s", dirs[s], strerror(errno));
		ring_submit(direct[s], false, PAGE, PAGE);
		CHECK(ring_result(false) < 0 && errno == EAGAIN, "%s: a read is not waited for", dirs[s]);
		CHECK(ring_result(true) == PAGE, "%s: and is over: %s", dirs[s], strerror(errno));
	}
}

/* The request has the file, whoever lets go of it. */
static void closed_meanwhile(void)
{
	int s, fd;

	fill(3);
	for (s = 0; s < 2; s++) {
		fd = open(in(s, "file"), O_RDWR | O_DIRECT | O_CLOEXEC);
		CHECK(fd >= 0, "the file");
		aio_submit(fd, IOCB_CMD_PWRITE, PAGE, 3 * PAGE);
		close(fd);
		CHECK(aio_result(0) < 0 && errno == EAGAIN, "%s: it is under way", dirs[s]);
		CHECK(umount(s ? "mnt" : "fs") && errno == EBUSY, "%s: it holds the mount", dirs[s]);
		CHECK(aio_result(1) == PAGE, "%s: it is over: %s", dirs[s], strerror(errno));
	}
}

/* A process does not end before what it asked for. */
static void exits_meanwhile(void)
{
	int s, status;
	pid_t pid;

	fill(4);
	for (s = 0; s < 2; s++) {
		pid = fork();
		if (!pid) {
			aio = 0;
			CHECK(!syscall(SYS_io_setup, DEPTH, &aio), "AIO");
			aio_submit(direct[s], IOCB_CMD_PWRITE, PAGE, 4 * PAGE);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && !status, "%s: the process", dirs[s]);
	}
}

/* Each of these wrote a page of its own. */
static void late_has_come(void)
{
	int s, page;

	for (s = 0; s < 2; s++) {
		for (page = 1; page <= 4; page++)
			CHECK(is_filled(cached[s], page * PAGE, page), "%s: page %d", dirs[s], page);
	}
}

/* The page is another one for each request of a round, so that their order does not matter. */
static void prep(int s, unsigned int random, int page)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	int fd = random & 1 ? direct[s] : cached[s];

	if (random % 8 == 0)
		io_uring_prep_fsync(sqe, fd, random & 8 ? IORING_FSYNC_DATASYNC : 0);
	else
		io_uring_prep_write(sqe, fd, block + random % PAGES * PAGE, PAGE, (off_t)page * PAGE);
}

/* The same requests on both, many at a time; returns what they moved. */
static long many(int s)
{
	unsigned int state = 5;
	long total = 0, res;
	int i, j;

	for (i = 0; i < ROUNDS; i += DEPTH) {
		for (j = 0; j < DEPTH; j++) {
			state = state * 1103515245 + 12345;
			prep(s, state >> 16, (i + j) * 7 % (2 * PAGES));
		}
		CHECK(io_uring_submit(&ring) == DEPTH, "submit");
		for (j = 0; j < DEPTH; j++) {
			res = ring_result(true);
			CHECK(res >= 0, "%s: %s", dirs[s], strerror(errno));
			total += res;
		}
	}
	return total;
}

static bool is_same(void)
{
	return !system("cmp fs/a/file fs/b/file && cmp fs/a/file mnt/file");
}

static void kinds(void)
{
	struct stat st;
	char word[8] = "";
	int s;

	for (s = 0; s < 2; s++)
		CHECK(lseek(cached[s], 100, SEEK_SET) == 100, "lseek");
	/* At the file's own position, past its end, and where it cannot be done directly. */
	BOTH(PAGE, (ring_submit(cached[s], true, PAGE, -1), ring_result(true)));
	BOTH(100 + PAGE, lseek(cached[s], 0, SEEK_CUR));
	BOTH(PAGE, (ring_submit(direct[s], true, PAGE, 3 * SIZE), ring_result(true)));
	BOTH(3 * SIZE + PAGE, (fstat(cached[s], &st), st.st_size));
	BOTH(0, st.st_blocks);
	BOTH(0, (ring_submit(direct[s], false, PAGE, 4 * SIZE), ring_result(true)));
	BOTH(-EINVAL, (ring_submit(direct[s], false, 100, 3), ring_result(true)));
	BOTH(-EINVAL, (aio_submit(direct[s], IOCB_CMD_PREAD, 100, 3), aio_result(1)));
	BOTH(-EFAULT, (io_uring_prep_read(io_uring_get_sqe(&ring), cached[s], (void *)8, 8, 0), io_uring_submit(&ring), ring_result(true)));
	BOTH(0, (io_uring_prep_fallocate(io_uring_get_sqe(&ring), cached[s], 0, 0, 5 * SIZE), io_uring_submit(&ring), ring_result(true)));
	BOTH(5 * SIZE, (fstat(direct[s], &st), st.st_size));
	BOTH(0, (io_uring_prep_fsync(io_uring_get_sqe(&ring), cached[s], 0), io_uring_submit(&ring), ring_result(true)));
	BOTH(4, (pwrite(cached[s], "data", 4, 0), aio_submit(direct[s], IOCB_CMD_PREAD, PAGE, 0), aio_result(1), memcpy(word, block, 4), strlen(word)));
	CHECK(!strcmp(word, "data"), "a direct read sees what a cached write left: %s", word);
}

/* Nothing holds the file system against being frozen any more. */
static void freezes(void)
{
	int fd = open("fs", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && !ioctl(fd, FIFREEZE, 0) && !ioctl(fd, FITHAW, 0), "freezing: %s", strerror(errno));
	close(fd);
}

/* Handles go on without their daemon, and so does what is under way. */
static void daemon_dies_meanwhile(void)
{
	disk_late();
	fill(6);
	aio_submit(direct[1], IOCB_CMD_PWRITE, PAGE, 0);
	CHECK(!system("kill -9 $(extfuse status --json | jq '.[0].daemon.pid')"), "the daemon is killed");
	CHECK(raw_until(20, system("test -e mnt/file")), "the mount is dead");
	CHECK(aio_result(1) == PAGE, "the write is over: %s", strerror(errno));
	fill(7);
	ring_submit(direct[1], true, PAGE, PAGE);
	CHECK(ring_result(true) == PAGE, "another one: %s", strerror(errno));
	disk_quick();
}

int main(void)
{
	int s, below;

	start();
	late_aio();
	late_ring();
	closed_meanwhile();
	exits_meanwhile();
	disk_quick();
	late_has_come();
	CHECK(is_same(), "the files after all that");
	kinds();
	BOTH(0, many(s));
	CHECK(is_same(), "the files after many requests");
	freezes();
	daemon_dies_meanwhile();
	freezes();
	below = open("fs/b/file", O_RDONLY | O_CLOEXEC);
	CHECK(below >= 0 && is_filled(below, 0, 6), "what was written as the daemon died");
	close(below);
	for (s = 0; s < 2; s++)
		CHECK(!close(direct[s]) && !close(cached[s]), "close");
	CHECK(raw_until(20, !system("! findmnt -n $PWD/mnt >/dev/null")), "the dead mount is taken down");
	CHECK(!umount("fs") && raw_until(10, !system("modprobe -r scsi_debug")), "nothing may hold the disk");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
