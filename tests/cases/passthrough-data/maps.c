// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: mappings and leases are as on ext4: shared and private, faults behind the end, msync, truncation, I/O from and to one's own mapping
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "compare.h"
#include "mapped.h"

#define PAGE	4096
#define PAGES	16

static volatile int leases_broken;

static char *map(int fd, int prot, int flags, off_t at)
{
	char *p = mmap(NULL, PAGES * PAGE, prot, flags, fd, at);

	SAY("mmap %x %x: %s", prot, flags, p == MAP_FAILED ? strerrorname_np(errno) : "mapped");
	return p == MAP_FAILED ? NULL : p;
}

static int file_of(const char *name, off_t size)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644), i;
	char page[PAGE];

	CHECK(fd >= 0, "%s", name);
	for (i = 0; i * PAGE < size; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK(pwrite(fd, page, PAGE, i * PAGE) == PAGE, "%s", name);
	}
	CHECK(!ftruncate(fd, size), "%s", name);
	return fd;
}

static void say_bytes(const char *what, char *p)
{
	SAY("%s: %d %d %d %d %d", what, peek(p), peek(p + PAGE - 1), peek(p + 2 * PAGE), peek(p + 5 * PAGE + 100),
	    peek(p + 15 * PAGE));
}

static void say_file(const char *what, const char *path)
{
	char below[4200], buf[2] = "", other[2] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC), low;
	struct stat st;
	off_t at;

	snprintf(below, sizeof(below), "%s/%s", compare_below, path);
	low = open(below, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && low >= 0 && !fstat(fd, &st), "%s", path);
	SAY("%s: size %ld", what, (long)st.st_size);
	for (at = 0; at < st.st_size; at += PAGE) {
		CHECK(pread(fd, buf, 1, at) == 1 && pread(low, other, 1, at) == 1, "%s", path);
		SAY("page %ld: %d below %d", (long)at / PAGE, *buf, *other);
	}
	close(low);
	close(fd);
}

static void steps_shared(void)
{
	int fd = file_of("shared", 5 * PAGE + 200), reader;
	char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *q, *priv;
	unsigned char core[PAGES];

	say_bytes("shared", p);
	SAY("store behind the end: %d", poke(p + 6 * PAGE, 'x', 1));
	SAY("store in the last page behind the end: %d", poke(p + 5 * PAGE + 300, 'x', 1));
	SAY("store: %d", poke(p, 'S', 1));
	reader = OPEN(open("shared", O_RDONLY));
	q = map(reader, PROT_READ, MAP_SHARED, 0);
	priv = map(reader, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	map(reader, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	CALL(mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	say_bytes("another", q);
	SAY("private store: %d", poke(priv + 2 * PAGE, 'P', 1));
	CALL(pwrite(fd, "WW", 2, 2 * PAGE));
	say_bytes("after a write, shared", p);
	say_bytes("after a write, private", priv);
	CALL(msync(p, PAGE, MS_SYNC));
	CALL(msync(p, PAGES * PAGE, MS_ASYNC));
	CALL(msync(p, PAGE, MS_SYNC | MS_INVALIDATE));
	say_file("shared", "shared");
	CALL(mincore(p, PAGE, core));
	CALL(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CALL(madvise(p, PAGE, MADV_REMOVE));
	CALL(madvise(p, PAGES * PAGE, MADV_WILLNEED));
	say_bytes("after madvise", p);
	CALL(mlock(p, PAGE));
	CALL(munlock(p, PAGE));
	CALL(munmap(p, PAGES * PAGE));
	CALL(munmap(q, PAGES * PAGE));
	CALL(munmap(priv, PAGES * PAGE));
	close(reader);
	close(fd);
	say_file("shared, unmapped", "shared");
}

static void steps_truncated(void)
{
	int fd = file_of("cut", 16 * PAGE), trunc;
	char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	char *priv = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

	say_bytes("whole", p);
	SAY("private store: %d", poke(priv + 5 * PAGE, 'P', 1));
	CALL(ftruncate(fd, 2 * PAGE + 10));
	say_bytes("cut", p);
	say_bytes("cut, private", priv);
	CALL(ftruncate(fd, 16 * PAGE));
	say_bytes("grown", p);
	SAY("store: %d", poke(p + 15 * PAGE, 'G', 1));
	CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	say_bytes("punched", p);
	CALL(truncate("cut", 3 * PAGE));
	say_bytes("cut by name", p);
	trunc = OPEN(open("cut", O_WRONLY | O_TRUNC));
	say_bytes("cut by open", p);
	CALL(pwrite(trunc, "new", 3, 0));
	say_bytes("written anew", p);
	close(trunc);
	CALL(unlink("cut"));
	close(fd);
	say_bytes("without a name or handle", p);
	SAY("store: %d", poke(p, 'U', 1));
	CALL(msync(p, PAGE, MS_SYNC));
	CALL(munmap(p, PAGES * PAGE));
	CALL(munmap(priv, PAGES * PAGE));
}

static void steps_refused(void)
{
	int fd = file_of("refused", PAGE), w;

	w = OPEN(open("refused", O_WRONLY));
	map(w, PROT_READ, MAP_SHARED, 0);
	map(w, PROT_WRITE, MAP_PRIVATE, 0);
	map(fd, PROT_READ, MAP_SHARED, 1);
	map(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);
	map(fd, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, 0);
	map(OPEN(open(".", O_RDONLY)), PROT_READ, MAP_SHARED, 0);
	map(fd, PROT_READ, MAP_SHARED | MAP_POPULATE, 0);
	CALL(remap_file_pages(map(fd, PROT_READ, MAP_SHARED, 0), PAGE, 0, 0, 0));
	close(w);
	close(fd);
}

/* A write whose source is the file's own mapping, and a read into it: neither may wait for itself. */
static void steps_itself(void)
{
	int fd = file_of("itself", 8 * PAGE), direct;
	char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);

	CALL(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CALL(pwrite(fd, p + 3 * PAGE, 2 * PAGE, 0));
	CALL(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CALL(pread(fd, p + 6 * PAGE, PAGE, PAGE));
	CALL(pwrite(fd, p + 2 * PAGE, 100, 2 * PAGE));
	CALL(pwrite(fd, p + 9 * PAGE, 100, 0));
	direct = OPEN(open("itself", O_RDWR | O_DIRECT));
	CALL(pread(direct, p + 4 * PAGE, PAGE, 0));
	CALL(pwrite(direct, p + 5 * PAGE, PAGE, 7 * PAGE));
	say_file("itself", "itself");
	CALL(munmap(p, PAGES * PAGE));
	close(direct);
	close(fd);
}

/* Stored by a child through what it inherited, and after both handle and name are gone. */
static void steps_forked(void)
{
	int fd = file_of("forked", 2 * PAGE), status;
	char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	pid_t pid;

	close(fd);
	pid = fork();
	if (!pid)
		_exit(poke(p + 10, 'C', 1));
	CHECK(waitpid(pid, &status, 0) == pid, "the child");
	SAY("child %d, seen %d", status, peek(p + 10));
	SAY("store: %d", poke(p + PAGE, 'F', 1));
	CALL(munmap(p, PAGES * PAGE));
	say_file("forked", "forked");
}

static void on_lease(int sig)
{
	(void)sig;
	leases_broken = 1;
}

static void open_nonblock(void)
{
	OPEN(open("lease", O_RDONLY | O_NONBLOCK));
	OPEN(open("lease", O_RDWR | O_NONBLOCK));
}

static void steps_lease(void)
{
	int fd = file_of("lease", PAGE);

	signal(SIGIO, on_lease);
	CALL(fcntl(fd, F_GETLEASE));
	CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
	CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
	CALL(fcntl(fd, F_GETLEASE));
	as_user(0, 0, 0, open_nonblock);
	SAY("broken %d", leases_broken);
	CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
	as_user(0, 0, 0, open_nonblock);
	close(fd);
	leases_broken = 0;
	fd = OPEN(open("lease", O_RDONLY));
	CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
	as_user(0, 0, 0, open_nonblock);
	SAY("broken %d", leases_broken);
	CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
	close(fd);
}

static void steps(void)
{
	mapped_catch();
	steps_shared();
	steps_truncated();
	steps_refused();
	steps_itself();
	steps_forked();
	steps_lease();
}

COMPARE_MAIN(steps)
