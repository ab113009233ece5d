// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: while the file system below is frozen, a writer through the mount waits, as one below does, and is done when it is thawed
 * needs: extfuse ext4 root loop mkfs.ext4
 * timeout: 120
 */
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "both.h"
#include "rawfuse.h"

#define PAGE	4096

static int disk = -1;	/* the file system below */
static bool is_frozen;
static int written[2];
static char *stored[2];

static int by_write(int s)
{
	return pwrite(written[s], "after", 5, 0) == 5;
}

static int by_store(int s)
{
	stored[s][0] = 'S';
	return 1;
}

static int by_chmod(int s)
{
	return !chmod(in(s, "mode"), 0604);
}

static int by_truncate(int s)
{
	return !truncate(in(s, "cut"), 1);
}

static int by_open(int s)
{
	int fd = open(in(s, "opened"), O_WRONLY | O_TRUNC | O_CLOEXEC);

	return fd >= 0 && !close(fd);
}

static int by_xattr(int s)
{
	return !setxattr(in(s, "xattr"), "user.x", "after", 5, 0);
}

/* Each on a file of its own: none waits for another one's lock. */
static const struct {
	const char *name;
	int (*done)(int s);
} ways[] = {
	{ "write", by_write }, { "store", by_store }, { "chmod", by_chmod }, { "truncate", by_truncate },
	{ "open", by_open }, { "setxattr", by_xattr },
};
#define WAYS	(sizeof(ways) / sizeof(*ways))

static pid_t pids[2][WAYS];

/* A case that fails must not leave anybody who cannot be killed. */
static void thaw_at_exit(void)
{
	if (is_frozen)
		ioctl(disk, FITHAW, 0);
}

static void start(void)
{
	int s;

	CHECK(!system("modprobe loop && truncate -s 64M image && mkfs.ext4 -q -E lazy_itable_init=0 image && mkdir fs mnt &&"
		      " mount -o loop image fs && mkdir fs/a fs/b"), "a file system");
	CHECK(!system("for d in a b; do for f in written stored mode cut opened xattr; do head -c 4096 /dev/zero >fs/$d/$f || exit 1;"
		      " done; done"), "files");
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		int fd = open(in(s, "stored"), O_RDWR | O_CLOEXEC);

		written[s] = open(in(s, "written"), O_RDWR | O_CLOEXEC);
		stored[s] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK(written[s] >= 0 && fd >= 0 && stored[s] != MAP_FAILED, "%s: handles", dirs[s]);
		/* What is dirty before can be stored to: the freeze waits for that. */
		stored[s][1] = 'b';
		close(fd);
	}
	disk = open("fs", O_RDONLY | O_CLOEXEC);
	CHECK(disk >= 0 && !atexit(thaw_at_exit), "the file system");
}

static void begin(int s, unsigned int way)
{
	pids[s][way] = fork();
	if (!pids[s][way])
		_exit(!ways[way].done(s));
	CHECK(pids[s][way] > 0, "a process");
}

static void all_wait(void)
{
	unsigned int way;
	int s, status;

	for (s = 0; s < 2; s++) {
		for (way = 0; way < WAYS; way++)
			CHECK(!waitpid(pids[s][way], &status, WNOHANG), "%s: %s must wait: status %x", dirs[s], ways[way].name,
			      status);
	}
}

/* Who only looks need not wait. */
static void looks(void)
{
	struct stat st;
	char word[8];

	BOTH(0, stat(in(s, "mode"), &st));
	BOTH(0100644, st.st_mode);
	BOTH(5, pread(written[s], word, 5, 0));
	BOTH(0, word[0]);
	BOTH('b', stored[s][1]);
	BOTH(0, try_open(in(s, "opened"), O_RDONLY));
}

static void all_done(void)
{
	unsigned int way;
	int s, status;

	for (s = 0; s < 2; s++) {
		for (way = 0; way < WAYS; way++)
			CHECK(waitpid(pids[s][way], &status, 0) == pids[s][way] && !status, "%s: %s: status %x", dirs[s],
			      ways[way].name, status);
	}
}

/* On both sides, and by name below what was done through the mount. */
static void outcome(void)
{
	struct stat st;
	char word[8] = "";

	BOTH(5, pread(written[s], word, 5, 0));
	BOTH(0, strcmp(word, "after"));
	BOTH('S', stored[s][0]);
	BOTH(0, stat(in(s, "mode"), &st));
	BOTH(0100604, st.st_mode);
	BOTH(0, stat(in(s, "cut"), &st));
	BOTH(1, st.st_size);
	BOTH(0, stat(in(s, "opened"), &st));
	BOTH(0, st.st_size);
	BOTH(5, getxattr(in(s, "xattr"), "user.x", word, sizeof(word)));
	CHECK(!system("cd fs && for f in written stored cut opened; do cmp a/$f b/$f || exit 1; done &&"
		      " test $(stat -c %a b/mode) = 604"), "below it is the same");
}

int main(void)
{
	unsigned int way;
	int s;

	start();
	CHECK(!ioctl(disk, FIFREEZE, 0), "freezing");
	is_frozen = true;
	for (s = 0; s < 2; s++) {
		for (way = 0; way < WAYS; way++)
			begin(s, way);
	}
	raw_sleep_ms(1000);
	all_wait();
	looks();
	all_wait();
	is_frozen = false;
	CHECK(!ioctl(disk, FITHAW, 0), "thawing");
	all_done();
	outcome();
	for (s = 0; s < 2; s++)
		CHECK(!close(written[s]) && !munmap(stored[s], PAGE), "close");
	close(disk);
	CHECK(!system("umount $PWD/mnt && umount $PWD/fs"), "umount");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
