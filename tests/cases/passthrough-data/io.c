// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each way to read and write is as on ext4: RWF flags, direct and asynchronous I/O, splice, copies, holes, files that shrink or have no name
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include <linux/aio_abi.h>
#include <linux/falloc.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "compare.h"
#include "sums.h"

#define PAGE	4096
#define BIG	(1 << 20)

static char *block;	/* aligned, 64 pages */
static char *volatile nowhere;	/* an address that faults */

static void fill_block(unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < 64 * PAGE; i++)
		block[i] = (i * 7 + i / PAGE + seed) % 251;
}

static ssize_t pwrite_flags(int fd, const char *text, off_t at, int flags)
{
	return pwritev2(fd, &(struct iovec){ (void *)text, strlen(text) }, 1, at, flags);
}

static ssize_t pread_flags(int fd, size_t n, off_t at, int flags)
{
	return preadv2(fd, &(struct iovec){ block, n }, 1, at, flags);
}

static void steps_flags(void)
{
	int fd = OPEN(open("flags", O_CREAT | O_RDWR, 0644)), more;

	CALL(pwrite_flags(fd, "0123456789", 0, 0));
	CALL(pwrite_flags(fd, "append", 0, RWF_APPEND));
	CALL(pwrite_flags(fd, "append", -1, RWF_APPEND));
	CALL(lseek(fd, 0, SEEK_CUR));
	CALL(pwrite_flags(fd, "dsync", 2, RWF_DSYNC));
	CALL(pwrite_flags(fd, "sync", 7, RWF_SYNC));
	CALL(pwrite_flags(fd, "hipri", 9, RWF_HIPRI));
	CALL(pwrite_flags(fd, "bad", 0, 0x4000));
	CALL(fsync(fd));
	CALL(pread_flags(fd, 10, 0, 0));
	/* Whoever may have to ask a daemon cannot promise not to wait. */
	if (compare_passthrough) {
		CALL(pread_flags(fd, 10, 0, RWF_NOWAIT));
		CALL(pread_flags(fd, 100, 20, RWF_NOWAIT));
	}
	CALL(pread_flags(fd, 10, 0, RWF_HIPRI));
	CALL(pread_flags(fd, 10, 0, RWF_APPEND));
	CALL(pread_flags(fd, 10, 0, 0x4000));
	more = OPEN(open("flags", O_WRONLY | O_APPEND));
	CALL(pwrite_flags(more, "end", 0, 0));
	CALL(pwrite_flags(more, "end", 0, RWF_APPEND));
	say_sum("flags");
	CALL(readahead(fd, 0, PAGE));
	CALL(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
	CALL(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	CALL(sync_file_range(fd, 0, 10, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
	CALL(syncfs(fd));
	say_sum("flags");
	CALL(ftruncate(more, 5));
	CALL(ftruncate(fd, -1));
	CALL(ftruncate(fd, 1LL << 60));
	say_sum("flags");
	close(more);
	close(fd);
}

/* Only the file system below knows what cannot be done directly. */
static void steps_misaligned(int fd, int cached)
{
	if (!compare_passthrough)
		return;
	CALL(pwrite(fd, block + 1, 512, 0));
	CALL(pwrite(fd, block, 100, 0));
	CALL(pwrite(fd, block, 512, 7));
	CALL(pread(fd, block + 1, 512, 0));
	CALL(pread(cached, block + 1, 100, 0));
	CALL(fcntl(fd, F_SETFL, O_APPEND));
	CALL(write(fd, "tail", 4));
}

static void steps_direct(void)
{
	int fd = OPEN(open("direct", O_CREAT | O_RDWR | O_DIRECT, 0644));
	int cached = OPEN(open("direct", O_RDWR));

	fill_block(1);
	CALL(pwrite(fd, block, 8 * PAGE, 0));
	CALL(pwrite(fd, block, PAGE, 20 * PAGE));
	say_sum("direct");
	/* Cached and direct I/O see each other. */
	CALL(pwrite(cached, "cached", 6, 100));
	CALL(pread(fd, block, PAGE, 0));
	SAY("%.6s", block + 100);
	memcpy(block, "direct", 6);
	CALL(pwrite(fd, block, PAGE, 2 * PAGE));
	CALL(pread(cached, block + PAGE, 6, 2 * PAGE));
	SAY("%.6s", block + PAGE);
	CALL(pread(fd, block, 64 * PAGE, 16 * PAGE));
	CALL(pread(fd, block, PAGE, 21 * PAGE));
	CALL(fcntl(cached, F_SETFL, O_DIRECT));
	CALL(pread(cached, block, PAGE, 0));
	steps_misaligned(fd, cached);
	say_sum("direct");
	close(cached);
	close(fd);
}

static void submit(aio_context_t ctx, int fd, int opcode, size_t n, off_t at, int flags)
{
	struct iocb cb = {
		.aio_lio_opcode = opcode, .aio_fildes = fd, .aio_buf = (unsigned long)block, .aio_nbytes = n,
		.aio_offset = at, .aio_rw_flags = flags,
	};
	struct iocb *list = &cb;
	struct io_event event = { .res = 0 };

	if (CALL(syscall(SYS_io_submit, ctx, 1, &list)) != 1)
		return;
	CALL(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL));
	SAY("result %lld", (long long)event.res);
}

static void steps_aio(void)
{
	int fd = OPEN(open("aio", O_CREAT | O_RDWR, 0644));
	int direct = OPEN(open("aio", O_RDWR | O_DIRECT));
	aio_context_t ctx = 0;

	if (CALL(syscall(SYS_io_setup, 8, &ctx)) < 0)
		return;
	fill_block(2);
	submit(ctx, fd, IOCB_CMD_PWRITE, 10000, 5, 0);
	submit(ctx, fd, IOCB_CMD_PWRITE, 100, 0, RWF_APPEND);
	submit(ctx, direct, IOCB_CMD_PWRITE, 16 * PAGE, 4 * PAGE, 0);
	submit(ctx, direct, IOCB_CMD_PWRITE, 2 * PAGE, 0, RWF_DSYNC);
	submit(ctx, fd, IOCB_CMD_FSYNC, 0, 0, 0);
	submit(ctx, fd, IOCB_CMD_FDSYNC, 0, 0, 0);
	say_sum("aio");
	submit(ctx, fd, IOCB_CMD_PREAD, 10000, 5, 0);
	submit(ctx, direct, IOCB_CMD_PREAD, 64 * PAGE, 0, 0);
	if (compare_passthrough)
		submit(ctx, direct, IOCB_CMD_PREAD, 100, 3, 0);
	submit(ctx, fd, IOCB_CMD_PREAD, 100, BIG, 0);
	CALL(syscall(SYS_io_destroy, ctx));
	close(direct);
	close(fd);
}

static void steps_splice(void)
{
	int in = OPEN(open("aio", O_RDONLY)), out = OPEN(open("spliced", O_CREAT | O_RDWR, 0644)), pipes[2];
	off_t from = 100, to = 7;
	int i;

	CALL(pipe(pipes));
	for (i = 0; i < 4; i++) {
		CALL(splice(in, &from, pipes[1], NULL, PAGE, 0));
		CALL(splice(pipes[0], NULL, out, &to, PAGE, SPLICE_F_MOVE));
	}
	CALL(splice(in, &(off_t){ BIG }, pipes[1], NULL, PAGE, SPLICE_F_NONBLOCK));
	CALL(vmsplice(pipes[1], &(struct iovec){ block, 100 }, 1, 0));
	CALL(splice(pipes[0], NULL, out, NULL, 100, 0));
	CALL(lseek(out, 0, SEEK_CUR));
	say_sum("spliced");
	CALL(sendfile(out, in, &from, 20000));
	SAY("from %ld", (long)from);
	CALL(fcntl(out, F_SETFL, O_APPEND));
	CALL(sendfile(out, in, &from, 100));
	CALL(write(pipes[1], "pipe", 4));
	CALL(splice(pipes[0], NULL, out, NULL, 4, 0));
	say_sum("spliced");
	close(pipes[0]);
	close(pipes[1]);
	close(in);
	close(out);
}

/* On one file system, from and to another one, and within a file. */
static void steps_copy(void)
{
	int in = OPEN(open("direct", O_RDONLY)), out = OPEN(open("copied", O_CREAT | O_RDWR, 0644));
	int far = open("/dev/shm/far", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	off_t from = 50, to = 9;

	CHECK(far >= 0 && write(far, block, 10000) == 10000, "a file elsewhere");
	CALL(copy_file_range(in, &from, out, &to, 30000, 0));
	SAY("from %ld to %ld", (long)from, (long)to);
	from = 0;
	CALL(copy_file_range(far, &from, out, &to, 10000, 0));
	from = 0;
	CALL(copy_file_range(out, &from, far, NULL, 10000, 0));
	from = 0;
	to = 50000;
	CALL(copy_file_range(out, &from, out, &to, 10000, 0));
	to = 1000;
	CALL(copy_file_range(out, &from, out, &to, 10000, 0));
	CALL(copy_file_range(out, &from, in, &to, 10, 0));
	CALL(copy_file_range(in, &from, out, &to, 10, 1));
	say_sum("copied");
	SAY("far %x", sum_of(far));
	CHECK(!unlink("/dev/shm/far"), "the file elsewhere");
	close(far);
	close(in);
	close(out);
}

/* Each on a file of its own, that one difference does not make the next. */
static void step_fallocate(int mode, off_t at, off_t len)
{
	int fd = open("holes", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
	struct stat st;

	fill_block(2);
	CHECK(fd >= 0 && pwrite(fd, block, 64 * PAGE, PAGE) == 64 * PAGE && !fsync(fd), "a file with a hole");
	SAY("mode %x at %ld", mode, (long)at);
	CALL(fallocate(fd, mode, at, len));
	CALL(fstat(fd, &st));
	SAY("size %ld blocks %ld", (long)st.st_size, (long)st.st_blocks);
	say_sum("holes");
	CALL(lseek(fd, 0, SEEK_DATA));
	CALL(lseek(fd, 2 * PAGE, SEEK_HOLE));
	CALL(lseek(fd, 50 * PAGE, SEEK_HOLE));
	CALL(lseek(fd, BIG, SEEK_DATA));
	CALL(lseek(fd, 100 * BIG, SEEK_HOLE));
	CALL(lseek(fd, -1, SEEK_DATA));
	CALL(lseek(fd, -3, SEEK_END));
	CHECK(!unlink("holes"), "the file must go");
	close(fd);
}

static void steps_holes(void)
{
	static const struct {
		int mode;
		off_t at, len;
	} modes[] = {
		{ 0, 0, 100 }, { 0, BIG, 5 * PAGE }, { FALLOC_FL_KEEP_SIZE, 2 * BIG, PAGE },
		{ FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 3 * PAGE }, { FALLOC_FL_PUNCH_HOLE, 0, PAGE },
		{ FALLOC_FL_ZERO_RANGE, 100, 2 * PAGE }, { FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 3 * BIG, PAGE },
		{ FALLOC_FL_COLLAPSE_RANGE, 0, 4 * PAGE }, { FALLOC_FL_COLLAPSE_RANGE, 1, PAGE },
		{ FALLOC_FL_INSERT_RANGE, 8 * PAGE, 4 * PAGE }, { FALLOC_FL_UNSHARE_RANGE, 0, PAGE }, { 0, -1, 5 }, { 0, 5, 0 },
		{ 0, 1LL << 60, PAGE }, { 0x800, 0, PAGE },
	};
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		/* A range of pages is moved only where the file system below is asked for it. */
		if (compare_passthrough || !(modes[i].mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)))
			step_fallocate(modes[i].mode, modes[i].at, modes[i].len);
	}
	fd = OPEN(open("spliced", O_RDONLY));
	CALL(fallocate(fd, 0, 0, PAGE));
	close(fd);
}

static void other_handle(void)
{
	int fd = OPEN(open("nameless", O_RDWR));

	if (fd >= 0)
		CALL(pwrite(fd, "found", 5, 0));
}

/* Files without a name go on, and another one may take the name. */
static void steps_unlinked(void)
{
	int fd = OPEN(open("nameless", O_CREAT | O_RDWR, 0600)), again;
	char proc[64], buf[16] = "";
	struct stat st;

	CALL(write(fd, "nameless", 8));
	CALL(unlink("nameless"));
	CALL(fstat(fd, &st));
	SAY("links %ld size %ld", (long)st.st_nlink, (long)st.st_size);
	CALL(pwrite(fd, "N", 1, 0));
	CALL(pread(fd, buf, 8, 0));
	SAY("%s", buf);
	CALL(ftruncate(fd, 3));
	CALL(fchmod(fd, 0640));
	CALL(fchown(fd, ALICE, -1));
	CALL(futimens(fd, NULL));
	CALL(fallocate(fd, 0, 0, PAGE));
	CALL(fsync(fd));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	again = OPEN(open(proc, O_RDONLY));
	CALL(pread(again, buf, 8, 0));
	CALL(fstat(again, &st));
	SAY("mode %o owner %d links %ld size %ld", st.st_mode, st.st_uid, (long)st.st_nlink, (long)st.st_size);
	close(OPEN(open("nameless", O_CREAT | O_EXCL | O_RDWR, 0666)));
	as_user(0, 0, 0, other_handle);
	CALL(pread(fd, buf, 5, 0));
	SAY("%.3s", buf);
	say_sum("nameless");
	close(again);
	close(fd);
	fd = OPEN(open("nameless", O_RDONLY));
	CALL(rename("nameless", "renamed"));
	CALL(pread(fd, buf, 5, 0));
	close(OPEN(open("nameless", O_CREAT | O_RDWR, 0666)));
	CALL(rename("nameless", "renamed"));
	CALL(pread(fd, buf, 5, 0));
	CALL(fstat(fd, &st));
	SAY("links %ld size %ld", (long)st.st_nlink, (long)st.st_size);
	close(fd);
}

static void steps_open(void)
{
	int fd, path;
	char proc[64];

	OPEN(open("opened", O_CREAT | O_EXCL | O_RDONLY, 0444));
	OPEN(open("opened", O_CREAT | O_EXCL | O_RDONLY, 0444));
	OPEN(open("opened", O_RDONLY | O_DIRECTORY));
	OPEN(open("opened/", O_RDONLY));
	OPEN(open(".", O_WRONLY));
	OPEN(open(".", O_RDWR | O_CREAT, 0644));
	CALL(symlink("opened", "way"));
	OPEN(open("way", O_RDONLY | O_NOFOLLOW));
	OPEN(open("way", O_RDWR));
	fd = OPEN(open("opened", O_RDWR | O_SYNC | O_NONBLOCK | O_NOATIME));
	SAY("flags %x", fcntl(fd, F_GETFL));
	CALL(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	SAY("flags %x", fcntl(fd, F_GETFL));
	path = OPEN(open("opened", O_PATH));
	CALL(read(path, block, 1));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path);
	close(OPEN(open(proc, O_RDWR)));
	close(path);
	CALL(lseek(fd, 100, SEEK_SET));
	CALL(write(fd, "at the end", 10));
	CALL(lseek(fd, 0, SEEK_CUR));
	CALL(read(fd, block, 10));
	CALL(read(fd, nowhere, 10));
	CALL(pread(fd, nowhere, 10, 0));
	CALL(write(fd, nowhere, 10));
	CALL(pread(fd, block, 10, -1));
	say_sum("opened");
	close(fd);
	OPEN(open("opened", O_RDWR | 3));
	OPEN(open("opened", O_RDONLY | O_TMPFILE, 0600));
}

static void steps(void)
{
	block = aligned_alloc(PAGE, 64 * PAGE);
	CHECK(block, "memory");
	fill_block(0);
	steps_flags();
	steps_direct();
	steps_aio();
	steps_splice();
	steps_copy();
	steps_holes();
	steps_unlinked();
	steps_open();
}

COMPARE_MAIN(steps)
