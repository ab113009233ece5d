// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the cases beside it: several processes change a tree through a mount and
 * look at it, and whatever they see must be what the lower directory says.
 *
 *	stress MOUNT LOWER OPERATIONS SEED PROCESSES [behind]
 *
 * The tree has groups; whoever changes or compares a group holds its lock, so
 * that a difference is never a race of the test.  Two more processes look at
 * everything without locks and compare nothing: their requests are in flight
 * when others change, and fill caches with what is about to be old.  With
 * "behind" the changes are made in the lower directory: then there must be
 * differences, or the test sees nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"

#define GROUPS	12
#define DIRS	2	/* per group */
#define NAMES	6	/* per directory */

static struct shared {
	pthread_mutex_t lock[GROUPS];
	uint64_t stale, changes, looks, done;
	bool end;
} *shared;

static const char *lower, *upper, *change_in;
static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 20) % n;
}

struct place {
	unsigned int group, dir, name;
};

static struct place pick(unsigned int group)
{
	return (struct place){ group, rnd(DIRS), rnd(NAMES) };
}

static const char *path_in(char *buf, const char *top, const struct place *p, bool dir)
{
	int n = sprintf(buf, "%s/g%u/d%u", top, p->group, p->dir);

	if (!dir)
		sprintf(buf + n, "/name%u", p->name);
	return buf;
}

static void describe(char *buf, int err, const struct stat *st)
{
	if (err)
		sprintf(buf, "%s", strerror(err));
	else
		sprintf(buf, "mode %o owner %u:%u links %lu size %ld mtime %ld.%09ld ctime %ld.%09ld",
			st->st_mode, st->st_uid, st->st_gid, (unsigned long)st->st_nlink,
			(long)st->st_size, (long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			(long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static void look(char *buf, const char *top, const struct place *p, bool dir)
{
	char path[4096];
	struct stat st;
	int err;

	err = lstat(path_in(path, top, p, dir), &st) ? errno : 0;
	describe(buf, err, &st);
}

/*
 * What the mount says of a place must be the truth, in each field but atime.
 * The kernel tells the daemon of a close() later, and a daemon that goes by
 * paths then removes what it had hidden: where the truth itself has changed
 * between two looks at it, there is nothing to compare with.
 */
static void compare(const struct place *p, bool dir, const char *after)
{
	char path[4096], seen[300], before[300], truth[300];

	look(truth, lower, p, dir);
	do {
		strcpy(before, truth);
		look(seen, upper, p, dir);
		look(truth, lower, p, dir);
	} while (strcmp(before, truth));
	if (!strcmp(seen, truth))
		return;
	path_in(path, upper, p, dir);
	if (__atomic_fetch_add(&shared->stale, 1, __ATOMIC_RELAXED) < 10)
		fprintf(stderr, "after %s: %s\n  the mount: %s\n  the truth: %s\n", after, path, seen, truth);
}

static void touch_file(const char *path, int flags)
{
	char data[64] = "";
	int fd = open(path, flags, 0600 | rnd(0100));

	if (fd < 0)
		return;
	if (pwrite(fd, data, 1 + rnd(63), rnd(256)) < 0)
		perror("write");
	close(fd);
}

static void change_times(const char *path)
{
	struct timespec ts[2] = { { rnd(1000000), rnd(1000000000) }, { rnd(1000000), rnd(1000000000) } };

	utimensat(AT_FDCWD, path, ts, AT_SYMLINK_NOFOLLOW);
}

/* Any error is as good as success: only what can be seen afterwards counts. */
static const char *change(const char *a, const char *b)
{
	switch (rnd(20)) {
	case 0:
	case 1:
	case 2:
		touch_file(a, O_CREAT | O_WRONLY);
		return "create";
	case 3:
	case 4:
		touch_file(a, O_WRONLY);
		return "write";
	case 5:
		touch_file(a, O_WRONLY | O_TRUNC);
		return "open with O_TRUNC";
	case 6:
		return truncate(a, rnd(300)) ? "truncate that fails" : "truncate";
	case 7:
		return chmod(a, rnd(010000)) ? "chmod that fails" : "chmod";
	case 8:
		return lchown(a, rnd(4), rnd(4)) ? "chown that fails" : "chown";
	case 9:
		change_times(a);
		return "utimens";
	case 10:
	case 11:
		return unlink(a) ? "unlink that fails" : "unlink";
	case 12:
	case 13:
		return rename(a, b) ? "rename that fails" : "rename";
	case 14:
		return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) ? "exchange that fails" : "exchange";
	case 15:
	case 16:
		return link(a, b) ? "link that fails" : "link";
	case 17:
		return mkdir(a, 0700 | rnd(0100)) ? (rmdir(a) ? "rmdir that fails" : "rmdir") : "mkdir";
	case 18:
		return symlink("x", a) ? "symlink that fails" : "symlink";
	default:
		return lsetxattr(a, "user.x", &rng, 1 + rnd(8), 0) ? "setxattr that fails" : "setxattr";
	}
}

static void one(void)
{
	unsigned int group = rnd(GROUPS);
	struct place a = pick(group), b = pick(group), other = pick(group);
	char path_a[4096], path_b[4096];
	const char *what = "nothing";

	pthread_mutex_lock(&shared->lock[group]);
	if (rnd(5) < 2) {
		what = change(path_in(path_a, change_in, &a, false), path_in(path_b, change_in, &b, false));
		__atomic_add_fetch(&shared->changes, 1, __ATOMIC_RELAXED);
		compare(&a, false, what);
		compare(&b, false, what);
		compare(&a, true, what);
	}
	/* What others did, here or before. */
	compare(&other, false, what);
	__atomic_add_fetch(&shared->looks, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&shared->lock[group]);
}

static void worker(uint64_t ops)
{
	while (ops-- && shared->stale < 10)
		one();
}

static void disturber(void)
{
	char path[4096];
	struct place p;
	struct stat st;
	DIR *dir;

	while (!__atomic_load_n(&shared->end, __ATOMIC_RELAXED)) {
		p = pick(rnd(GROUPS));
		if (rnd(8)) {
			lstat(path_in(path, upper, &p, false), &st);
			continue;
		}
		dir = opendir(path_in(path, upper, &p, true));
		while (dir && readdir(dir))
			;
		if (dir)
			closedir(dir);
	}
}

static pid_t spawn(uint64_t seed, uint64_t ops)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	rng = seed;
	if (ops)
		worker(ops);
	else
		disturber();
	_exit(0);
}

static void grow(void)
{
	char path[4096];
	struct place p;

	for (p.group = 0; p.group < GROUPS; p.group++) {
		sprintf(path, "%s/g%u", upper, p.group);
		CHECK(!mkdir(path, 0755), "%s", path);
		for (p.dir = 0; p.dir < DIRS; p.dir++)
			CHECK(!mkdir(path_in(path, upper, &p, true), 0755), "%s", path);
	}
}

int main(int argc, char **argv)
{
	unsigned int processes, i;
	pthread_mutexattr_t attr;
	pid_t disturbers[2];
	pid_t pid[64];
	uint64_t ops, seed;
	int status;

	CHECK(argc >= 6, "usage: stress MOUNT LOWER OPERATIONS SEED PROCESSES [behind]");
	upper = argv[1];
	lower = argv[2];
	change_in = argc > 6 ? lower : upper;
	ops = strtoull(argv[3], NULL, 0);
	seed = strtoull(argv[4], NULL, 0);
	processes = atoi(argv[5]);
	printf("%llu operations, seed %llu\n", (long long)ops, (long long)seed);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED && processes <= 64, "shared memory");
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (i = 0; i < GROUPS; i++)
		pthread_mutex_init(&shared->lock[i], &attr);
	umask(0);
	grow();
	fflush(stdout);
	for (i = 0; i < processes; i++)
		pid[i] = spawn((seed + 1) * 0x9e3779b97f4a7c15ULL + i * 0x2545f4914f6cdd1dULL, ops / processes);
	for (i = 0; i < 2; i++)
		disturbers[i] = spawn(seed + 77 + i, 0);
	for (i = 0; i < processes; i++)
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && !status, "process %u", i);
	shared->end = true;
	for (i = 0; i < 2; i++)
		waitpid(disturbers[i], &status, 0);
	printf("%llu changes, %llu looks, %llu stale\n", (long long)shared->changes,
	       (long long)shared->looks, (long long)shared->stale);
	return shared->stale ? 1 : 0;
}
