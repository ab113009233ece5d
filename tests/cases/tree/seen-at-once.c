// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: names that are made, removed, moved, replaced, given away or locked up below a tree are so in the mount at once, whatever their type, and nobody is asked
 * needs: extfuse root ext4
 * timeout: 60
 */
#include "tree.h"

#define ALICE	1000

static const struct {
	mode_t type;
	const char *name;
} types[] = { { S_IFREG, "file" }, { S_IFDIR, "dir" }, { S_IFLNK, "link" }, { S_IFIFO, "fifo" }, { S_IFSOCK, "socket" } };
#define TYPES	(sizeof(types) / sizeof(*types))

static int make(mode_t type, const char *path)
{
	switch (type) {
	case S_IFDIR:
		return mkdir(path, 0755);
	case S_IFLNK:
		return symlink("nowhere", path);
	}
	return mknod(path, type | 0644, 0);
}

static int take(mode_t type, const char *path)
{
	return type == S_IFDIR ? rmdir(path) : unlink(path);
}

/* 0, or the error of looking at it. */
static int look(const char *path, struct stat *st)
{
	return lstat(path, st) ? errno : 0;
}

static void same(const char *name, mode_t type, const char *what)
{
	char low[64], mnt[64];
	struct stat a, b;

	snprintf(low, sizeof(low), "src/%s", name);
	snprintf(mnt, sizeof(mnt), "mnt/%s", name);
	CHECK(!look(low, &a) && !look(mnt, &b), "%s %s", name, what);
	CHECK((b.st_mode & S_IFMT) == type && a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_uid == b.st_uid &&
	      a.st_nlink == b.st_nlink && a.st_size == b.st_size, "%s %s: mode %o, inode %lu", name, what, b.st_mode, b.st_ino);
}

static void one_type(unsigned int i)
{
	mode_t type = types[i].type, other = types[(i + 1) % TYPES].type;
	struct stat st;

	CHECK(look("mnt/a", &st) == ENOENT && look("mnt/b", &st) == ENOENT, "there is none");
	CHECK(!make(type, "src/a"), "make");
	same("a", type, "made below");
	CHECK(!rename("src/a", "src/b"), "rename");
	CHECK(look("mnt/a", &st) == ENOENT, "%s: its old name is gone", types[i].name);
	same("b", type, "renamed below");
	CHECK(!make(other, "src/a"), "another one");
	same("a", other, "made where one was");
	CHECK(!take(type, "src/b") && !rename("src/a", "src/b"), "another gets its name");
	same("b", other, "replaced below");
	CHECK(look("mnt/a", &st) == ENOENT, "and the name that was looked at is gone");
	CHECK(!take(other, "src/b"), "remove");
	CHECK(look("mnt/b", &st) == ENOENT, "%s: removed below", types[i].name);
}

/* As a user: 0 or an error number. */
static int as_alice(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setresgid(ALICE, ALICE, ALICE) || setresuid(ALICE, ALICE, ALICE))
			_exit(255);
		_exit(what() ? errno : 0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status), "alice");
	return WEXITSTATUS(status);
}

static int enters(void)
{
	struct stat st;

	return stat("mnt/dir/file", &st);
}

static int reads(void)
{
	int fd = open("mnt/dir/file", O_RDONLY);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static void rights(void)
{
	CHECK(!mkdir("src/dir", 0755) && !mknod("src/dir/file", S_IFREG | 0644, 0), "a file");
	CHECK(!as_alice(reads), "all may read it");
	CHECK(!chmod("src/dir/file", 0600), "below");
	CHECK(as_alice(reads) == EACCES, "not any more");
	CHECK(!chown("src/dir/file", ALICE, ALICE), "below");
	CHECK(!as_alice(reads), "it is hers");
	CHECK(!chmod("src/dir", 0700), "below");
	CHECK(as_alice(enters) == EACCES, "she cannot get there");
	CHECK(!run("setfacl -m u:alice:x src/dir"), "below");
	CHECK(!as_alice(enters), "an ACL lets her");
	CHECK(!run("setfacl -b src/dir"), "below");
	CHECK(as_alice(enters) == EACCES, "and is gone");
	CHECK(!chmod("src/dir", 0755), "below");
	CHECK(!as_alice(enters), "and back");
}

static void links(void)
{
	struct stat a, b;
	char buf[8] = "";
	int fd;

	CHECK(!mknod("src/one", S_IFREG | 0644, 0) && !link("src/one", "src/two"), "two names");
	CHECK(!stat("mnt/one", &a) && !stat("mnt/two", &b) && a.st_ino == b.st_ino && a.st_nlink == 2, "of one file");
	fd = open("mnt/one", O_WRONLY);
	CHECK(fd >= 0 && write(fd, "text", 4) == 4 && !close(fd), "written by one");
	fd = open("mnt/two", O_RDONLY);
	CHECK(fd >= 0 && read(fd, buf, 8) == 4 && !memcmp(buf, "text", 4) && !close(fd), "read by the other");
	CHECK(!unlink("src/one") && stat("mnt/one", &a) && errno == ENOENT, "one is gone");
	CHECK(!stat("mnt/two", &b) && b.st_nlink == 1, "one is left");
}

/* A directory that somebody stands in moves below: it is the same one. */
static void moved_directory(void)
{
	struct stat st, found;
	int fd;

	CHECK(!mkdir("src/x", 0755) && !mkdir("src/y", 0755) && !mkdir("src/x/sub", 0755) && !mknod("src/x/sub/f", S_IFREG | 0600, 0),
	      "directories");
	fd = open("mnt/x/sub", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && !fstat(fd, &st), "open");
	CHECK(!rename("src/x/sub", "src/y/moved"), "below");
	CHECK(stat("mnt/x/sub", &found) && errno == ENOENT, "not here any more");
	CHECK(!stat("mnt/y/moved", &found) && found.st_ino == st.st_ino, "but there");
	CHECK(!fstatat(fd, "f", &found, 0) && !stat("mnt/y/moved/f", &found), "and it can be used, also by who had it open");
	CHECK(!fstatat(fd, "../moved/f", &found, 0), "its parent is the new one");
	close(fd);
}

int main(void)
{
	unsigned long long before;
	unsigned int i;

	tree_mount();
	before = sent_up();
	for (i = 0; i < TYPES; i++)
		one_type(i);
	rights();
	links();
	moved_directory();
	CHECK(sent_up() == before, "nobody was asked");
	CHECK(passed(FUSE_LOOKUP) > 20, "but the file system below");
	tree_umount();
	return 0;
}
