// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: tasks on a tree and tasks below it that do all name operations at random leave the same tree on both sides, and a mount that can be unmounted
 * needs: extfuse root ext4
 * timeout: 180
 * long-timeout: 4500
 * libs: -lpthread
 *
 * LONG=1: for an hour; FOR=N: for N seconds.  With an argument "src" is there already (frozen).
 *
 * In an hour a kernel before 6.8 may warn in the task that drops caches, of a preemption count that is one too low:
 * its shrink_lock_dentry() waits for the parent of a negative dentry without more, and who makes the name meanwhile
 * makes it let go of an inode's lock that it does not hold.
 */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tree.h"

#define TASKS	4
#define NAMES	5
#define DIRS	4
#define ENOUGH	100

static atomic_bool over;
static atomic_ulong done, refused, stale;

static const char *const sides[2] = { "src", "mnt" };

static void pick(char *path, size_t room, const char *side, unsigned int *seed)
{
	unsigned int r = rand_r(seed) >> 3;

	if (r & 1)
		snprintf(path, room, "%s/d%u/n%u", side, (r >> 1) % DIRS, (r >> 4) % NAMES);
	else
		snprintf(path, room, "%s/d%u/n%u/n%u", side, (r >> 1) % DIRS, (r >> 4) % NAMES, (r >> 8) % NAMES);
}

static int make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	if (write(fd, path, strlen(path)) < 0)
		CHECK(errno == EIO, "%s", path);
	close(fd);
	return 0;
}

static int list(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		return -1;
	while (readdir(dir))
		;
	closedir(dir);
	return 0;
}

static int one(const char *a, const char *b, unsigned int what)
{
	struct stat st;

	switch (what) {
	case 0:
		return make_file(a);
	case 1:
		return mkdir(a, 0755);
	case 2:
		return symlink("somewhere", a);
	case 3:
		return mknod(a, S_IFIFO | 0644, 0);
	case 4:
		return link(a, b);
	case 5:
	case 6:
		return unlink(a);
	case 7:
		return rmdir(a);
	case 8:
		return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
	case 9:
		return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE);
	case 10:
	case 11:
		return rename(a, b);
	case 12:
		return list(a);
	}
	return lstat(a, &st);
}

/* What two sides that change at once may be told, and no more. */
static bool is_usual(int err)
{
	switch (err) {
	case ENOENT:
	case EEXIST:
	case ENOTDIR:
	case EISDIR:
	case ENOTEMPTY:
	case EINVAL:	/* into itself */
	case EPERM:	/* a link to a directory */
	case EMLINK:
	case ENXIO:	/* a FIFO that nobody reads */
		return true;
	}
	return false;
}

static void *task(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg * 7919 + 1;
	const char *side = sides[(uintptr_t)arg & 1];
	char a[64], b[64];

	while (!atomic_load(&over)) {
		pick(a, sizeof(a), side, &seed);
		pick(b, sizeof(b), side, &seed);
		if (!one(a, b, (rand_r(&seed) >> 3) % 14)) {
			atomic_fetch_add(&done, 1);
		} else if (errno == ESTALE || errno == ELOOP) {
			/* A directory that moved below could not be moved here at once: its locks were only tried. */
			atomic_fetch_add(&stale, 1);
		} else {
			CHECK(is_usual(errno), "%s, %s", a, b);
			atomic_fetch_add(&refused, 1);
		}
	}
	return NULL;
}

/* Directories move into each other, deeper than names are picked: without this an hour fills the disk. */
static void clear(unsigned int *seed)
{
	char path[64], command[128];

	pick(path, sizeof(path), sides[rand_r(seed) >> 3 & 1], seed);
	snprintf(command, sizeof(command), "rm -rf %s 2>/dev/null", path);
	run(command);
}

/* What nobody uses goes, while others walk there. */
static void *shrink(void *arg)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	unsigned int seed = TASKS, turn;

	(void)arg;
	CHECK(fd >= 0, "caches");
	for (turn = 1; !atomic_load(&over); turn++) {
		CHECK(pwrite(fd, "2", 1, 0) == 1, "drop");
		if (!(turn % 16))
			clear(&seed);
		usleep(50000);
	}
	close(fd);
	return NULL;
}

/* Names, types, inodes, links and sizes of all that is there, in order. */
static void write_down(const char *side, const char *file)
{
	char command[256];

	snprintf(command, sizeof(command), "(cd %s && find . -printf '%%P %%y %%i %%n %%s\\n') | grep -v '^ ' | sort >%s", side, file);
	CHECK(!run(command), "%s", command);
}

static void compare(const char *when)
{
	write_down("src", "below");
	write_down("mnt", "above");
	CHECK(!run("diff below above"), "%s the sides differ", when);
}

int main(int argc, char **argv)
{
	unsigned int i, seconds = getenv("FOR") ? atoi(getenv("FOR")) : getenv("LONG") ? 3600 : getenv("SHORT") ? 6 : 60;
	pthread_t tasks[TASKS], shrinker;
	char path[32];

	(void)argv;
	if (argc > 1)
		tree_mount_of("src");
	else
		tree_mount();
	for (i = 0; i < DIRS; i++) {
		snprintf(path, sizeof(path), "src/d%u", i);
		CHECK(!mkdir(path, 0755), "%s", path);
	}
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < TASKS; i++)
		CHECK(!pthread_create(&tasks[i], NULL, task, (void *)(uintptr_t)i), "a task");
	CHECK(!pthread_create(&shrinker, NULL, shrink, NULL), "the shrinker");
	sleep(seconds);
	/* On a debug kernel that has little of the processor this takes longer. */
	while (atomic_load(&done) <= ENOUGH)
		sleep(1);
	atomic_store(&over, true);
	for (i = 0; i < TASKS; i++)
		pthread_join(tasks[i], NULL);
	pthread_join(shrinker, NULL);
	printf("%lu done, %lu refused, %lu stale\n", atomic_load(&done), atomic_load(&refused), atomic_load(&stale));
	compare("at once");
	CHECK(!run("echo 2 >/proc/sys/vm/drop_caches"), "caches");
	compare("with nothing cached");
	tree_umount();
	return 0;
}
