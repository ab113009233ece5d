// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that the benchmark measures, in the directory that it is
 * given.  Prints a line per row: its name, the cost of one operation (median
 * of the repetitions), the lowest and the highest; in nanoseconds of
 * CLOCK_MONOTONIC, which are instructions in a VM whose clock counts them.
 *
 * "count" times a short loop and a long one and takes the difference, so that
 * what each loop costs once drops out.  "time" times one shorter loop: where
 * the clock is the real one, differences are mostly noise.
 *
 *   ops setup DIR			makes the files, on the lower file system
 *   ops count|time DIR REPETITIONS [ROW...]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ops.h"

#define COLD_PAGES	4096
#define TREE_DIRS	20
#define TREE_FILES	50
#define TREE		(TREE_DIRS * TREE_FILES)
#define FRESH_SETS	16
#define FRESH_FILES	80

static char page[4096] __attribute__((aligned(4096)));
static int base = -1, file = -1, cold = -1;
static unsigned int serial;

void die(const char *what)
{
	fprintf(stderr, "ops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void op_fstat(void)
{
	struct stat st;

	MUST(fstat(file, &st));
}

static void stat_path(const char *path)
{
	struct stat st;

	MUST(stat(path, &st));
}

static void op_stat(void)
{
	stat_path("f");
}

static void op_stat2(void)
{
	stat_path("a/f");
}

static void op_stat3(void)
{
	stat_path("a/b/f");
}

static void op_stat4(void)
{
	stat_path("a/b/c/f");
}

static void op_stat_missing(void)
{
	struct stat st;

	if (!stat("missing", &st) || errno != ENOENT)
		die("stat of a missing name");
}

/* A file that nobody has open. */
static void op_open_close(void)
{
	int fd = open("o", O_RDONLY);

	MUST(fd);
	close(fd);
}

static void op_read_cached(void)
{
	MUST(pread(file, page, sizeof(page), 0));
}

/* Every page once, no two neighbours: 2,503 is prime to the number of pages. */
static void op_read_cold(void)
{
	MUST(pread(cold, page, sizeof(page), (off_t)(serial++ * 2503 % COLD_PAGES) * sizeof(page)));
}

static void op_fchmod(void)
{
	MUST(fchmod(file, 0600 | (serial++ & 1 ? 044 : 0)));
}

static void op_fchmod_fstat(void)
{
	op_fchmod();
	op_fstat();
}

static void op_missing_fresh(void)
{
	struct stat st;
	char name[32];

	snprintf(name, sizeof(name), "fresh-%07u", serial++);
	if (!stat(name, &st) || errno != ENOENT)
		die("stat of a fresh name");
}

/* Files that nobody has looked at yet, in the working directory. */
static void op_stat_fresh(void)
{
	char name[32];

	snprintf(name, sizeof(name), "%u", serial++);
	stat_path(name);
}

static void op_tree(void)
{
	char name[32];

	snprintf(name, sizeof(name), "tree/d%u/f%u", serial / TREE_FILES % TREE_DIRS, serial % TREE_FILES);
	serial++;
	stat_path(name);
}

/* Every page out of the cache; a repetition goes on where the one before it ended. */
static void prepare_cold(unsigned int rep)
{
	if (rep)
		return;
	serial = 0;
	posix_fadvise(cold, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(cold, 0, 0, POSIX_FADV_RANDOM);
}

static void prepare_serial(unsigned int rep)
{
	if (!rep)
		serial = 0;
}

static void prepare_set(unsigned int rep)
{
	char name[32];

	snprintf(name, sizeof(name), "%sset%u", rep ? "../" : "", rep);
	MUST(chdir(name));
	serial = 0;
}

static void prepare_forgotten_tree(unsigned int rep)
{
	(void)rep;
	caches_drop();
	serial = 0;
}

static void prepare_tree(unsigned int rep)
{
	if (rep)
		return;
	for (serial = 0; serial < TREE; )
		op_tree();
}

/* The tree is walked in whole rounds: a name's cost depends on its place in the daemon's list. */
static const struct row {
	const char *name;
	void (*op)(void);
	unsigned int few, many;			/* calls in the short and in the long loop */
	void (*prepare)(unsigned int rep);	/* before a repetition, not measured */
	unsigned int reps;			/* 0: as asked */
} rows[] = {
	{ "stat", op_stat, 20, 120, NULL, 0 },
	{ "stat-2", op_stat2, 20, 120, NULL, 0 },
	{ "stat-3", op_stat3, 20, 120, NULL, 0 },
	{ "stat-4", op_stat4, 20, 120, NULL, 0 },
	{ "stat-missing", op_stat_missing, 20, 120, NULL, 0 },
	{ "fstat", op_fstat, 20, 120, NULL, 0 },
	{ "open+close", op_open_close, 20, 120, NULL, 0 },
	{ "read-4k", op_read_cached, 20, 120, NULL, 0 },
	{ "read-4k-cold", op_read_cold, 20, 80, prepare_cold, 0 },
	{ "create", op_create, 20, 60, NULL, 0 },
	{ "mknod", op_mknod, 20, 60, NULL, 0 },
	{ "mkdir", op_mkdir, 20, 60, NULL, 0 },
	{ "rename", op_rename, 20, 60, NULL, 0 },
	{ "link", op_link, 20, 60, NULL, 0 },
	{ "symlink", op_symlink, 20, 60, NULL, 0 },
	{ "unpack", op_unpack, 20, 120, prepare_unpack, 0 },
	{ "unlink", op_unlink, 20, 120, prepare_unlink, 0 },
	{ "statfs", op_statfs, 20, 120, NULL, 0 },
	{ "chmod+statfs", op_chmod_statfs, 20, 120, NULL, 0 },
	{ "readlink", op_readlink, 20, 120, prepare_links, 0 },
	{ "readlink-fresh", op_readlink_fresh, 20, 120, prepare_links, 0 },
	{ "fchmod", op_fchmod, 20, 120, NULL, 0 },
	{ "fchmod+fstat", op_fchmod_fstat, 20, 120, NULL, 0 },
	{ "stat-missing-fresh", op_missing_fresh, 20, 120, prepare_serial, 0 },
	{ "stat-fresh", op_stat_fresh, 0, FRESH_FILES, prepare_set, FRESH_SETS },
	{ "stat-tree", op_tree, TREE, 2 * TREE, prepare_tree, 0 },
	{ "stat-cold", op_tree, 0, TREE, prepare_forgotten_tree, 0 },
	{ "getxattr", op_getxattr, 20, 120, NULL, 0 },
	{ "setxattr+getxattr", op_getxattr_miss, 20, 120, NULL, 0 },
	{ "write-4k", op_write_cached, 20, 120, NULL, 0 },
	{ "read-128k", op_read_long, 10, 110, prepare_read_long, 0 },
	{ "write-128k", op_write_long, 10, 110, prepare_write_long, 0 },
	{ "mmap-fault", op_fault, 20, 120, prepare_fault, 0 },
	{ "readdir-10000", op_list, 1, 5, NULL, 0 },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double loop(const struct row *row, unsigned int n)
{
	double start = now();

	while (n--)
		row->op();
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

/* Each call needs something new, and there is so much as one repetition takes. */
static int is_used_up(const struct row *row)
{
	return row->reps || row->prepare == prepare_cold || row->prepare == prepare_fault ||
	       row->prepare == prepare_unpack || row->prepare == prepare_unlink ||
	       row->prepare == prepare_forgotten_tree || row->prepare == prepare_links;
}

/*
 * Calls in a timed loop: a share of the counted one's, or as many as fill 50 ms where they are cheap, since a real clock
 * also counts what the host does meanwhile.
 */
static unsigned int calls_to_time(const struct row *row)
{
	unsigned int calls = row->few ? (row->many - row->few) / 4 : row->many;
	double one;

	if (is_used_up(row))
		return calls;
	one = loop(row, calls) / calls;
	return one * calls < 50e6 ? 50e6 / one : calls;
}

/* One repetition: nanoseconds of one operation; @calls is 0 where instructions are counted. */
static double row_measure(const struct row *row, unsigned int calls)
{
	double few;

	if (calls)
		return loop(row, calls) / calls;
	few = loop(row, row->few);
	return (loop(row, row->many) - few) / (row->many - row->few);
}

static void row_run(const struct row *row, int count, unsigned int reps)
{
	unsigned int i, calls = 0;
	double value[64];

	if (row->reps)
		reps = row->reps;
	if (reps > 64)
		reps = 64;
	/* Where each call needs something new, there is nothing to warm up. */
	if (!row->prepare)
		loop(row, row->few);
	if (!count) {
		if (row->prepare && !row->reps)
			row->prepare(0);
		calls = calls_to_time(row);
	}
	for (i = 0; i < reps; i++) {
		/* Under a real-time policy this is when everybody else runs. */
		usleep(2000);
		if (row->prepare)
			row->prepare(i);
		value[i] = row_measure(row, calls);
	}
	MUST(fchdir(base));
	qsort(value, reps, sizeof(value[0]), compare);
	printf("%s\t%.1f\t%.1f\t%.1f\n", row->name, value[reps / 2], value[0], value[reps - 1]);
	fflush(stdout);
}

void file_make(const char *name, size_t pages)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	MUST(fd);
	memset(page, 'x', sizeof(page));
	while (pages--)
		MUST(write(fd, page, sizeof(page)));
	close(fd);
}

static void dir_make(const char *fmt, unsigned int i, unsigned int nfiles, const char *file_fmt)
{
	char name[64];
	unsigned int n;

	snprintf(name, sizeof(name), fmt, i);
	MUST(mkdir(name, 0755));
	for (n = 0; n < nfiles; n++) {
		snprintf(name, sizeof(name), file_fmt, i, n);
		file_make(name, 1);
	}
}

static void do_setup(void)
{
	unsigned int i;

	file_make("f", 1);
	file_make("o", 1);
	file_make("cold", COLD_PAGES);
	MUST(mkdir("a", 0755));
	MUST(mkdir("a/b", 0755));
	MUST(mkdir("a/b/c", 0755));
	file_make("a/f", 1);
	file_make("a/b/f", 1);
	file_make("a/b/c/f", 1);
	MUST(mkdir("tree", 0755));
	for (i = 0; i < TREE_DIRS; i++)
		dir_make("tree/d%u", i, TREE_FILES, "tree/d%u/f%u");
	for (i = 0; i < FRESH_SETS; i++)
		dir_make("set%u", i, FRESH_FILES, "set%u/%u");
	data_setup();
}

static int wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(name, argv[i]))
			return 1;
	}
	return !argc;
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 3 || chdir(argv[2])) {
		fprintf(stderr, "usage: ops setup|count|time DIR [REPETITIONS [ROW...]]\n");
		return 2;
	}
	if (!strcmp(argv[1], "setup")) {
		do_setup();
		return 0;
	}
	base = open(".", O_RDONLY | O_DIRECTORY);
	MUST(base);
	file = open("f", O_RDWR);
	MUST(file);
	cold = open("cold", O_RDONLY);
	MUST(cold);
	data_open();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (wanted(rows[i].name, argc - 4, argv + 4))
			row_run(&rows[i], !strcmp(argv[1], "count"), argc > 3 ? atoi(argv[3]) : 7);
	}
	return 0;
}
