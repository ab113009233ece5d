// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: size, blocks, times, mode and contents of a file are the same through the mount, a second mount, and below, whichever of them changed it, and how
 * needs: extfuse ext4 root build:tests/bpf/mixed.bpf.o
 * timeout: 120
 *
 * Then the same with handles of both kinds on one node: an OPEN that the daemon serves beside one that is passed through
 * reads and writes past the page cache, and while the daemon's handles are cached nothing more is passed through.
 */
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rawfuse.h"

#define PAGE	4096
#define SIDES	3

static const char *const sides[SIDES] = { "low", "mnt", "second" };

static int open_on(int side, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", sides[side], name);
	fd = open(path, flags | O_CLOEXEC, 0644);
	CHECK(fd >= 0, "%s", path);
	return fd;
}

static void same_stat(const char *what, const char *by, const struct stat *st, const struct stat *want)
{
	CHECK(st->st_size == want->st_size, "%s: %s: size %lld, below %lld", what, by, (long long)st->st_size,
	      (long long)want->st_size);
	CHECK(st->st_blocks == want->st_blocks, "%s: %s: blocks %lld, below %lld", what, by, (long long)st->st_blocks,
	      (long long)want->st_blocks);
	CHECK(st->st_mode == want->st_mode && st->st_uid == want->st_uid && st->st_gid == want->st_gid,
	      "%s: %s: mode %o, below %o", what, by, st->st_mode, want->st_mode);
	CHECK(st->st_nlink == want->st_nlink, "%s: %s: links %ld, below %ld", what, by, (long)st->st_nlink,
	      (long)want->st_nlink);
	CHECK(!memcmp(&st->st_mtim, &want->st_mtim, sizeof(st->st_mtim)), "%s: %s: mtime %lld.%09ld, below %lld.%09ld", what, by,
	      (long long)st->st_mtime, st->st_mtim.tv_nsec, (long long)want->st_mtime, want->st_mtim.tv_nsec);
	CHECK(!memcmp(&st->st_ctim, &want->st_ctim, sizeof(st->st_ctim)), "%s: %s: ctime %lld.%09ld, below %lld.%09ld", what, by,
	      (long long)st->st_ctime, st->st_ctim.tv_nsec, (long long)want->st_ctime, want->st_ctim.tv_nsec);
	CHECK(!memcmp(&st->st_atim, &want->st_atim, sizeof(st->st_atim)), "%s: %s: atime %lld.%09ld, below %lld.%09ld", what, by,
	      (long long)st->st_atime, st->st_atim.tv_nsec, (long long)want->st_atime, want->st_atim.tv_nsec);
}

static void same_bytes(const char *what, const char *by, int fd, int low)
{
	char mine[PAGE], theirs[PAGE];
	off_t at = 0;
	ssize_t n, m;

	do {
		n = pread(fd, mine, PAGE, at);
		m = pread(low, theirs, PAGE, at);
		CHECK(n >= 0 && n == m && !memcmp(mine, theirs, n), "%s: %s: bytes at %lld: %zd, below %zd", what, by, (long long)at, n,
		      m);
		at += n;
	} while (n > 0);
}

/* From all sides, by name and by handle; looked at twice, so that what is kept shows. */
static void same(const char *what, const char *name, const int *fds)
{
	struct stat want, st;
	int side, round;
	char path[64];

	for (round = 0; round < 2; round++) {
		for (side = 1; side < SIDES; side++)
			same_bytes(what, sides[side], fds[side], fds[0]);
		CHECK(!fstat(fds[0], &want), "below");
		for (side = 1; side < SIDES; side++) {
			snprintf(path, sizeof(path), "%s/%s", sides[side], name);
			CHECK(!stat(path, &st), "%s", path);
			same_stat(what, path, &st, &want);
			CHECK(!fstat(fds[side], &st), "%s", path);
			same_stat(what, sides[side], &st, &want);
		}
	}
	/* The next change must show in the times: they move with the clock's tick. */
	raw_sleep_ms(20);
}

/* Each change made on one side. */
static void changes(const char *name, int side, const int *fds)
{
	char path[64], what[64], page[PAGE];
	struct timespec times[2] = { { 5 + side, 6 }, { 7 + side, 8 } };
	int fd = fds[side], cut;

	snprintf(path, sizeof(path), "%s/%s", sides[side], name);
#define STEP(condition)									\
	do {										\
		CHECK(condition, "on %s", path);					\
		snprintf(what, sizeof(what), "line %d on %s", __LINE__, sides[side]);	\
		same(what, name, fds);							\
	} while (0)
	memset(page, 'A' + side, PAGE);
	STEP(pwrite(fd, page, 100, 0) == 100);
	STEP(pwrite(fd, page, PAGE, 3 * PAGE - 50) == PAGE);
	STEP(pwrite(fd, page, 10, 200 * PAGE) == 10);
	STEP(!ftruncate(fd, 100 * PAGE + 5));
	STEP(!truncate(path, 5 * PAGE));
	STEP(!fallocate(fd, 0, 0, 20 * PAGE));
	STEP(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 8 * PAGE));
	STEP(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 50 * PAGE, 8 * PAGE));
	STEP(!chmod(path, 0640) && !fchmod(fd, 0604));
	STEP(!chown(path, 12, 34) && !chown(path, 0, 0));
	STEP(!futimens(fd, times));
	STEP(!setxattr(path, "user.x", page, 8 + side, 0));
	STEP((cut = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)) >= 0);
	STEP(write(cut, page, 77) == 77 && !close(cut));
	STEP(copy_file_range(fd, &(off_t){ 0 }, fd, &(off_t){ 1000 }, 77, 0) == 77);
}

static void mapped(const char *name, int side, const int *fds)
{
	char what[64], *map, *other;
	int i;

	CHECK(!ftruncate(fds[0], 8 * PAGE), "eight pages");
	map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[side], 0);
	CHECK(map != MAP_FAILED, "mmap on %s", sides[side]);
	for (i = 0; i < 8; i++)
		map[i * PAGE + i] = 'a' + i + side;
	snprintf(what, sizeof(what), "stored on %s", sides[side]);
	same(what, name, fds);
	CHECK(!msync(map, 8 * PAGE, MS_SYNC), "msync");
	snprintf(what, sizeof(what), "msync on %s", sides[side]);
	same(what, name, fds);
	map[3] = '3';
	snprintf(what, sizeof(what), "stored again on %s", sides[side]);
	same(what, name, fds);
	/* A mapping on each other side shows the very same pages. */
	for (i = 0; i < SIDES; i++) {
		other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0);
		CHECK(other != MAP_FAILED, "mmap on %s", sides[i]);
		map[100] = 'x' + i;
		CHECK(other[100] == 'x' + i, "%s must show what %s stored", sides[i], sides[side]);
		other[101] = 'p' + i;
		CHECK(map[101] == 'p' + i, "%s must show what %s stored", sides[side], sides[i]);
		CHECK(!munmap(other, PAGE), "munmap");
	}
	CHECK(!munmap(map, 8 * PAGE), "munmap");
	snprintf(what, sizeof(what), "unmapped on %s", sides[side]);
	same(what, name, fds);
}

static void links(void)
{
	struct stat st;

	CHECK(!link("low/file", "low/other") && !stat("mnt/file", &st) && st.st_nlink == 2, "a link made below: %ld",
	      (long)st.st_nlink);
	CHECK(!unlink("second/other") && !stat("mnt/file", &st) && st.st_nlink == 1, "and gone by the other mount: %ld",
	      (long)st.st_nlink);
}

static void mount_on(const char *dir, const char *ext)
{
	char command[256];

	CHECK(!mkdir(dir, 0755), "%s", dir);
	snprintf(command, sizeof(command), "mount -t extfuse -o ext=%s $PWD/low $PWD/%s", ext, dir);
	CHECK(!system(command), "%s", command);
}

static void passed_through(void)
{
	int fds[SIDES], side;

	mount_on("mnt", "passthrough");
	mount_on("second", "passthrough");
	fds[0] = open_on(0, "file", O_RDWR | O_CREAT);
	for (side = 1; side < SIDES; side++)
		fds[side] = open_on(side, "file", O_RDWR);
	for (side = 0; side < SIDES; side++)
		changes("file", side, fds);
	for (side = 0; side < SIDES; side++)
		mapped("file", side, fds);
	for (side = 0; side < SIDES; side++)
		close(fds[side]);
	links();
	CHECK(!system("umount $PWD/mnt && umount $PWD/second && rmdir mnt second"), "umount");
}

static uint64_t upcalls(uint32_t opcode)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES] = { 0 };
	int fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	struct stat st;

	CHECK(fd >= 0 && !stat("mnt", &st) && !extfuse_conn__stats(fd, minor(st.st_dev), ops), "counters");
	close(fd);
	return ops[opcode].upcalls;
}

#define DAEMON	O_SYNC

static void has(int fd, const char *text, const char *what)
{
	char buf[64] = "";

	CHECK(pread(fd, buf, strlen(text), 0) == (ssize_t)strlen(text) && !strncmp(buf, text, strlen(text)),
	      "%s must show '%s', shows '%s'", what, text, buf);
}

/* What one writes the others read, and the last of them as well. */
static void agree(int daemon, int passed, int low)
{
	CHECK(pwrite(passed, "passed", 6, 0) == 6, "write");
	has(daemon, "passed", "the daemon's handle");
	has(low, "passed", "the file below");
	CHECK(pwrite(daemon, "daemon", 6, 0) == 6, "write");
	has(passed, "daemon", "the handle passed through");
	has(low, "daemon", "the file below");
	CHECK(pwrite(low, "lowest", 6, 0) == 6, "write");
	has(passed, "lowest", "the handle passed through");
	has(daemon, "lowest", "the daemon's handle");
}

static void mixed_copies(int daemon, int passed)
{
	char buf[8] = "";

	CHECK(pwrite(passed, "0123456789", 10, 0) == 10, "write");
	CHECK(copy_file_range(passed, &(off_t){ 0 }, daemon, &(off_t){ 20 }, 5, 0) == 5, "a copy to the daemon's handle");
	CHECK(copy_file_range(daemon, &(off_t){ 20 }, passed, &(off_t){ 40 }, 5, 0) == 5, "a copy from it");
	CHECK(pread(passed, buf, 5, 40) == 5 && !memcmp(buf, "01234", 5), "what was copied");
}

/* Passed through first: the daemon's handle is not cached. */
static void passed_first(int low)
{
	uint64_t opens = upcalls(FUSE_OPEN), reads = upcalls(FUSE_READ);
	int passed = open_on(1, "file", O_RDWR), daemon = open_on(1, "file", O_RDWR | DAEMON), more;

	CHECK(upcalls(FUSE_OPEN) == opens + 1, "one of the two is the daemon's");
	agree(daemon, passed, low);
	agree(daemon, passed, low);
	CHECK(upcalls(FUSE_READ) >= reads + 4, "each read of the daemon's handle asks it");
	mixed_copies(daemon, passed);
	/* Beside one that is not cached more may be passed through. */
	more = open_on(1, "file", O_RDWR);
	CHECK(upcalls(FUSE_OPEN) == opens + 1, "the next one is passed through");
	agree(daemon, more, low);
	close(passed);
	close(more);
	close(daemon);
}

/* The daemon's first, and cached: all others are the daemon's, until the last is closed. */
static void daemon_first(int low)
{
	uint64_t opens = upcalls(FUSE_OPEN), releases = upcalls(FUSE_RELEASE), seen;
	int daemon = open_on(1, "file", O_RDWR | DAEMON), other = open_on(1, "file", O_RDWR);

	CHECK(upcalls(FUSE_OPEN) == opens + 2, "both are the daemon's");
	CHECK(pwrite(daemon, "daemon", 6, 0) == 6, "write");
	has(other, "daemon", "the other handle");
	has(low, "daemon", "the file below");
	CHECK(pwrite(other, "second", 6, 0) == 6, "write");
	has(daemon, "second", "the first handle");
	close(daemon);
	close(other);
	/* What goes with a RELEASE goes when it is over, which nobody waits for. */
	CHECK(raw_until(10, upcalls(FUSE_RELEASE) == releases + 2), "both are released");
	CHECK(raw_until(10, ({ seen = upcalls(FUSE_OPEN); close(open_on(1, "file", O_RDWR)); upcalls(FUSE_OPEN) == seen; })),
	      "then it is passed through again");
}

/* What is mapped outlives its handle: no other page cache may be beside it. */
static void mapped_first(int low)
{
	int passed = open_on(1, "file", O_RDWR), daemon;
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, passed, 0);

	CHECK(map != MAP_FAILED && !close(passed), "a mapping without its handle");
	daemon = open_on(1, "file", O_RDWR | DAEMON);
	memcpy(map, "mapped", 6);
	has(daemon, "mapped", "the daemon's handle");
	memcpy(map, "stored", 6);
	has(daemon, "stored", "the daemon's handle");
	CHECK(pwrite(daemon, "daemon", 6, 0) == 6 && !memcmp(map, "daemon", 6), "the mapping must show it: %.6s", map);
	has(low, "daemon", "the file below");
	CHECK(!munmap(map, PAGE) && !close(daemon), "munmap");
}

static void both_kinds(void)
{
	char ext[256];
	int low;

	snprintf(ext, sizeof(ext), "%s/tests/bpf/mixed.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	mount_on("mnt", ext);
	low = open_on(0, "file", O_RDWR);
	CHECK(!ftruncate(low, 0) && pwrite(low, "start", 5, 0) == 5, "a file");
	passed_first(low);
	daemon_first(low);
	passed_first(low);
	mapped_first(low);
	close(low);
	CHECK(!system("umount $PWD/mnt"), "umount");
}

int main(void)
{
	CHECK(!mkdir("low", 0755), "a directory");
	passed_through();
	both_kinds();
	return 0;
}
