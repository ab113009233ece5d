// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with actimeo neither GETATTR nor LOOKUP reaches the daemon twice, but for hard links; a change is seen at once
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <dirent.h>

#include "common.h"

static char long_name[256];

static void check_asked_once(const char *name)
{
	struct stat st;
	unsigned int lookups = asked(FUSE_LOOKUP);

	CHECK(!stat_of(name, &st), "%s must exist", name);
	CHECK(asked(FUSE_LOOKUP) == lookups + 1, "%s: the first stat() asks the daemon", name);
	for (int i = 0; i < 3; i++)
		CHECK(!stat_of(name, &st) && st.st_size == 100, "%s again", name);
	CHECK(asked(FUSE_LOOKUP) == lookups + 1, "%s: the others do not (%u)", name,
	      asked(FUSE_LOOKUP) - lookups);
}

static void check_hard_link(void)
{
	struct stat st;
	unsigned int lookups;

	CHECK(!stat_of("linked", &st), "linked must exist");
	lookups = asked(FUSE_LOOKUP);
	CHECK(!stat_of("linked", &st), "linked again");
	CHECK(asked(FUSE_LOOKUP) == lookups + 1, "a file with two links keeps the daemon's lifetime");
}

static void check_negative(const char *name)
{
	struct stat st;
	unsigned int lookups;

	CHECK(stat_of(name, &st) == -ENOENT, "%s must not exist", name);
	lookups = asked(FUSE_LOOKUP);
	for (int i = 0; i < 3; i++)
		CHECK(stat_of(name, &st) == -ENOENT, "%s again", name);
	CHECK(asked(FUSE_LOOKUP) == lookups, "that %s is not there is remembered", name);

	CHECK(!mknod(path(name), S_IFREG | 0600, 0), "make %s", name);
	CHECK(!stat_of(name, &st), "%s is there now", name);
	CHECK(!unlink(path(name)), "remove %s", name);
	CHECK(stat_of(name, &st) == -ENOENT, "%s is gone", name);
}

/* Reading makes the kernel forget the atime, and nothing else changes. */
static void check_getattr_after_read(void)
{
	struct stat st;
	char buf[100];
	unsigned int getattrs, answers;
	int fd = open(path("file"), O_RDONLY);

	/* SETATTR killed what was kept: the first GETATTR goes up and fills it again. */
	CHECK(fd >= 0 && !fchmod(fd, 0640), "open and change file");
	CHECK(read(fd, buf, sizeof(buf)) == sizeof(buf) && !fstat(fd, &st), "read");
	CHECK((st.st_mode & 07777) == 0640, "the new mode is seen");
	getattrs = asked(FUSE_GETATTR);
	answers = answered(FUSE_GETATTR);
	for (int i = 0; i < 3; i++) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		CHECK(pread(fd, buf, sizeof(buf), 0) == sizeof(buf) && !fstat(fd, &st), "again");
	}
	CHECK(asked(FUSE_GETATTR) == getattrs, "GETATTR after READ must not reach the daemon (%u)",
	      asked(FUSE_GETATTR) - getattrs);
	CHECK(answered(FUSE_GETATTR) > answers, "a program answers it");
	CHECK((st.st_mode & 07777) == 0640 && st.st_size == 100, "and right");
	close(fd);
}

/* A listing says all: what it names is asked for by nobody. */
static void check_listing(void)
{
	unsigned int lookups = asked(FUSE_LOOKUP), getattrs;
	DIR *dir = opendir(fs.mnt);
	struct stat st;

	CHECK(dir, "opendir");
	while (readdir(dir))
		;
	closedir(dir);
	CHECK(asked(FUSE_READDIRPLUS), "the kernel must have asked with READDIRPLUS");
	getattrs = asked(FUSE_GETATTR);
	CHECK(!stat_of("listed", &st) && !stat_of(long_name, &st), "what was listed");
	CHECK(asked(FUSE_LOOKUP) == lookups && asked(FUSE_GETATTR) == getattrs,
	      "%u LOOKUPs, %u GETATTRs after a listing", asked(FUSE_LOOKUP) - lookups,
	      asked(FUSE_GETATTR) - getattrs);
}

int main(void)
{
	const struct extfuse_options opts = { .actimeo_ns = 60 * SECOND };

	memset(long_name, 'n', sizeof(long_name) - 1);
	CHECK(!tinyfs_mount(&fs), "mount");
	add(2, "file", S_IFREG | 0644, 1);
	add(3, "linked", S_IFREG | 0644, 2);
	add(4, "a-name-of-thirty-one-characters", S_IFREG | 0644, 1);
	add(5, "a-name-of-thirty-two-characters-", S_IFREG | 0644, 1);
	add(6, long_name, S_IFREG | 0644, 1);
	add(7, "listed", S_IFREG | 0644, 1);
	attach("metacache", &opts);

	check_asked_once("file");
	check_asked_once(fs.node[4].name);
	check_asked_once(fs.node[5].name);
	check_listing();
	check_hard_link();
	check_negative("none");
	check_negative("none-with-a-name-of-more-than-31-characters");
	check_getattr_after_read();
	check_clean();
	return tinyfs_umount(&fs) ? 1 : 0;
}
