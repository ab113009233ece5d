// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the daemon dies, the connection is aborted, or its extension is detached and replaced, with files open, mapped and dirty: nothing is lost and handles go on
 * needs: extfuse ext4 root jq
 * timeout: 180
 * ring: slow
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse.h"

#define PAGE	4096
#define PAGES	16
#define WORKERS	3
#define RECORD	64
#define RECORDS	3000	/* that a worker appends at most; then it only reads */

static void up(void)
{
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/low $PWD/mnt"), "the mount");
}

static void has(const char *path, off_t at, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && pread(fd, buf, strlen(text), at) == (ssize_t)strlen(text) && !strcmp(buf, text),
	      "%s must have '%s' at %lld, has '%s'", path, text, (long long)at, buf);
	close(fd);
}

/* Handles that a daemon gave with CREATE are its own: those of this case are not. */
static void make_below(const char *path, off_t size)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && !ftruncate(fd, size) && !close(fd), "%s", path);
}

static bool is_served(void)
{
	int fd = open("mnt/written", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#define KILL	"kill -9 $(extfuse status --json | jq '.[0].daemon.pid')"
#define ABORT	"d=/sys/fs/extfuse/connections; mount -t extfusectl none $d &&"				\
		" echo 1 >$d/$(extfuse status --json | jq '.[0].connection')/abort && umount $d"

static void ended_by(const char *command)
{
	int fd, pages;
	char *map, buf[8] = "";

	up();
	make_below("low/written", 0);
	make_below("low/mapped", 4 * PAGE);
	fd = open("mnt/written", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "a file");
	pages = open("mnt/mapped", O_RDWR | O_CLOEXEC);
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, pages, 0);
	CHECK(pages >= 0 && map != MAP_FAILED, "mapped");
	CHECK(write(fd, "dirty", 5) == 5, "write");
	strcpy(map, "stored");

	CHECK(!system(command), "%s", command);
	/* The dead mount is taken down, lazily, for it is in use. */
	CHECK(raw_until(20, !is_served()), "nobody serves any more");
	has("low/written", 0, "dirty");
	has("low/mapped", 0, "stored");
	CHECK(pread(pages, buf, 6, 0) == 6 && !strcmp(buf, "stored"), "a handle reads on");
	CHECK(pwrite(pages, "after", 5, 2 * PAGE) == 5 && !fsync(pages), "and writes on");
	CHECK(!strcmp(map + 2 * PAGE, "after"), "the mapping shows it");
	strcpy(map + PAGE, "later");
	CHECK(!munmap(map, 4 * PAGE) && !close(pages) && !close(fd), "all are closed");
	has("low/mapped", PAGE, "later");
	has("low/mapped", 2 * PAGE, "after");
	CHECK(raw_until(20, !system("! findmnt -n $PWD/mnt >/dev/null")), "the dead mount is taken down");
}

static void append(int fd, int me, int n)
{
	char record[RECORD];

	memset(record, ' ', RECORD);
	sprintf(record, "%d.%d", me, n);
	CHECK(write(fd, record, RECORD) == RECORD, "worker %d: record %d", me, n);
}

/* Appends numbered records through one handle, and through new ones, until told to stop; returns how many. */
static int work(int me, volatile int *stop)
{
	char path[64], first[RECORD];
	int kept, fd, n = 0;

	sprintf(path, "mnt/worker-%d", me);
	kept = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0644);
	CHECK(kept >= 0, "%s", path);
	while (!*stop) {
		fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
		CHECK(fd >= 0, "%s: record %d", path, n);
		if (n < RECORDS) {
			append(kept, me, n++);
			append(fd, me, n++);
		}
		CHECK(pread(fd, first, RECORD, 0) == RECORD && !memcmp(first + RECORD - 4, "    ", 4), "%s: its first record", path);
		CHECK(!close(fd), "%s", path);
	}
	close(kept);
	return n;
}

static void check_records(int me, int n)
{
	char path[64], record[RECORD], want[RECORD];
	int fd, i;
	struct stat st;

	sprintf(path, "low/worker-%d", me);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !fstat(fd, &st) && st.st_size == (off_t)n * RECORD, "%s: %lld bytes for %d records", path,
	      (long long)st.st_size, n);
	for (i = 0; i < n; i++) {
		sprintf(want, "%d.%d", me, i);
		CHECK(read(fd, record, RECORD) == RECORD && !memcmp(record, want, strlen(want)), "%s: record %d", path, i);
	}
	close(fd);
}

static void store_all(volatile uint32_t *map, uint32_t value)
{
	int i;

	for (i = 0; i < PAGES; i++)
		map[i * PAGE / sizeof(*map)] = value;
}

/* Has each page below what was stored last? */
static void stored_below(uint32_t value)
{
	int i, fd = open("low/stored", O_RDONLY | O_CLOEXEC);
	uint32_t got = 0;

	CHECK(fd >= 0, "the file below");
	for (i = 0; i < PAGES; i++)
		CHECK(pread(fd, &got, sizeof(got), (off_t)i * PAGE) == sizeof(got) && got == value, "page %d has %u below, not %u", i,
		      got, value);
	close(fd);
}

/* What a new handle reads, whoever serves it. */
static void stored_read(uint32_t value)
{
	int fd = open("mnt/stored", O_RDONLY | O_CLOEXEC);
	uint32_t got = 0;

	CHECK(fd >= 0 && pread(fd, &got, sizeof(got), PAGE) == sizeof(got) && got == value, "read %u, not %u", got, value);
	close(fd);
}

/* Stores into every page of a mapping until told to stop; returns how often. */
static int store(volatile int *stop)
{
	int fd = open("mnt/stored", O_RDWR | O_CLOEXEC), n = 0;
	uint32_t *map;

	map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(fd >= 0 && map != MAP_FAILED, "a mapping");
	while (!*stop) {
		store_all(map, ++n);
		stored_below(n);
		stored_read(n);
		/* The next store finds a clean page, or none. */
		CHECK(!msync(map, PAGES * PAGE, MS_SYNC) && !madvise(map, PAGE, MADV_DONTNEED), "msync");
	}
	CHECK(!munmap(map, PAGES * PAGE) && !close(fd), "munmap");
	return n;
}

struct shared {
	volatile int stop;
	int done[WORKERS];
	int stored;
};

static void replaced(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, status, rounds = getenv("LONG") ? 10 : getenv("SHORT") ? 3 : 5, total = 0;
	pid_t pids[WORKERS], storing;

	CHECK(shared != MAP_FAILED, "memory");
	make_below("low/stored", PAGES * PAGE);
	up();
	storing = fork();
	if (!storing) {
		shared->stored = store(&shared->stop);
		_exit(0);
	}
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			shared->done[i] = work(i, &shared->stop);
			_exit(0);
		}
	}
	for (i = 0; i < rounds; i++) {
		CHECK(!system("extfuse replace $PWD/mnt passthrough && extfuse detach $PWD/mnt &&"
			      " extfuse attach $PWD/mnt passthrough"), "round %d", i);
	}
	shared->stop = 1;
	for (i = 0; i < WORKERS; i++) {
		CHECK(waitpid(pids[i], &status, 0) == pids[i] && !status, "worker %d: status %x", i, status);
		check_records(i, shared->done[i]);
		total += shared->done[i];
	}
	CHECK(waitpid(storing, &status, 0) == storing && !status, "who stores: status %x", status);
	stored_below(shared->stored);
	printf("%d records, %d stores\n", total, shared->stored);
	CHECK(shared->stored >= 10, "it must have stored meanwhile");
	CHECK(total >= 10 * WORKERS, "they must have worked meanwhile");
	CHECK(!system("umount $PWD/mnt"), "umount");
}

static bool module_is_gone(void)
{
	static bool done;

	done = done || !system("rmmod extfuse 2>/dev/null");
	return done;
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !mkdir("mnt", 0755), "directories");
	replaced();
	ended_by(KILL);
	ended_by(ABORT);
	/* The harness tells of what is left: mounts, programs, maps. The module must be free, too. */
	CHECK(raw_until(20, module_is_gone()), "the module must not be left busy");
	CHECK(!system("modprobe extfuse"), "and can be loaded again");
	return 0;
}
