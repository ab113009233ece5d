// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a file of a tree opens by its handle wherever it is in the tree, also when nobody knows it any more, and nothing else does by any handle
 * needs: extfuse root ext4 loop mkfs.ext4
 * timeout: 120
 */
#include <limits.h>

#include "handle.h"
#include "tree.h"

#define INODES	300

static const char *top;		/* where the tree begins: "fs", or "fs/part" */

static void drop(void)
{
	CHECK(!run("sync; echo 2 >/proc/sys/vm/drop_caches"), "drop_caches");
}

static int opened(const struct handle *h)
{
	int dir = open("mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct handle copy = *h;

	CHECK(dir >= 0, "mnt");
	fd = open_by_handle_at(dir, &copy.head, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int err = errno;

		close(dir);
		errno = err;
		return -1;
	}
	close(dir);
	return fd;
}

static void finds(const struct handle *h, const char *path, const char *what)
{
	struct stat st, of_path;
	int fd = opened(h);

	CHECK(fd >= 0, "%s: the handle of %s/%s", what, top, path);
	CHECK(!fstat(fd, &st), "fstat");
	CHECK(!chdir("mnt") && !stat(path, &of_path) && !chdir(".."), "%s: %s", what, path);
	CHECK(st.st_ino == of_path.st_ino && st.st_dev == of_path.st_dev, "%s: another file than %s", what, path);
	close(fd);
}

#define STALE(h, what)	CHECK(opened(h) < 0 && errno == ESTALE, "%s", what)

static struct handle handle_of(const char *path)
{
	struct handle h;

	CHECK(!handle_get(path, &h), "a handle of %s", path);
	return h;
}

/* What the file system below gives out, as if the mount had. */
static struct handle forged(const char *path, const struct handle *ours)
{
	struct handle low = handle_of(path), h = *ours;

	h.head.handle_bytes = low.head.handle_bytes + sizeof(h.words[0]);
	h.words[0] = low.head.handle_type;
	memcpy(&h.words[1], low.words, low.head.handle_bytes);
	return h;
}

static void inside(void)
{
	const char *const paths[] = { "dir/file", "dir/hard", "dir", "dir/sub/deep/file", "", "beside", NULL };
	struct handle h[8];
	char path[64];
	int i;

	for (i = 0; paths[i]; i++) {
		snprintf(path, sizeof(path), "mnt/%s", paths[i]);
		h[i] = handle_of(path);
		finds(&h[i], paths[i][0] ? paths[i] : ".", "known");
	}
	drop();
	for (i = 0; paths[i]; i++)
		finds(&h[i], paths[i][0] ? paths[i] : ".", "forgotten");
	CHECK(!umount("mnt"), "umount");
	CHECK(!run("umount fs && mount -o loop image fs"), "the file system below is mounted anew");
	tree_mount_of(top);
	for (i = 0; paths[i]; i++)
		finds(&h[i], paths[i][0] ? paths[i] : ".", "mounted anew");
}

/* A file keeps its handle while it has a name. */
static void moved(void)
{
	struct handle h = handle_of("mnt/dir/sub/deep/file"), dir = handle_of("mnt/dir/sub"), gone;
	char path[64];

	CHECK(!rename("mnt/dir/sub", "mnt/elsewhere"), "rename");
	finds(&h, "elsewhere/deep/file", "in a directory that moved");
	snprintf(path, sizeof(path), "%s/elsewhere", top);
	CHECK(!rename(path, "fs/back") && !rename("fs/back", path), "renames below");
	drop();
	finds(&h, "elsewhere/deep/file", "in a directory that moved, forgotten");
	finds(&dir, "elsewhere", "a directory that moved");
	CHECK(!rename("mnt/elsewhere", "mnt/dir/sub"), "rename");
	close(open("mnt/dir/gone", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	gone = handle_of("mnt/dir/gone");
	finds(&gone, "dir/gone", "new");
	CHECK(!unlink("mnt/dir/gone"), "unlink");
	STALE(&gone, "a file that was removed");
}

static void made(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, "text", 4) == 4 && !close(fd), "%s", path);
}

/* A file is found by each name that it has, whatever became of the one that it was first known by. */
static void by_other_names(void)
{
	char proc[64];
	struct handle h;
	int fd;

	made("mnt/dir/first");
	CHECK(!link("mnt/dir/first", "mnt/dir/sub/second") && !unlink("mnt/dir/first"), "two names, and one");
	h = handle_of("mnt/dir/sub/second");
	drop();
	finds(&h, "dir/sub/second", "by the name that is left");
	fd = open("mnt/dir", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	CHECK(fd >= 0, "O_TMPFILE");
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	CHECK(!linkat(AT_FDCWD, proc, AT_FDCWD, "mnt/dir/sub/named", AT_SYMLINK_FOLLOW) && !close(fd), "a name");
	h = handle_of("mnt/dir/sub/named");
	drop();
	finds(&h, "dir/sub/named", "one that had no name");
	made("mnt/dir/secret-name");
	CHECK(!link("mnt/dir/secret-name", "mnt/dir/sub/shown"), "a hidden name, and another");
	CHECK(!run("extfuse replace $PWD/mnt hide --pattern='secret*'"), "hide");
	h = handle_of("mnt/dir/sub/shown");
	drop();
	close(open(!strcmp(top, "fs") ? "fs/dir/secret-name" : "fs/part/dir/secret-name", O_RDONLY | O_CLOEXEC));
	finds(&h, "dir/sub/shown", "by the name that is not hidden");
	CHECK(!unlink("mnt/dir/sub/shown"), "unlink");
	STALE(&h, "a hidden file");
	CHECK(!run("extfuse replace $PWD/mnt passthrough"), "passthrough");
}

/* Deeper than a path is long. */
static void deep(void)
{
	struct handle h = { .head.handle_bytes = sizeof(h.words) };
	char name[NAME_MAX + 1];
	int dir = open("mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC), sub, mount_id, fd, i;
	struct stat st, of_file;

	memset(name, 'd', NAME_MAX);
	name[NAME_MAX] = 0;
	for (i = 0; i <= PATH_MAX / NAME_MAX; i++) {
		CHECK(!mkdirat(dir, name, 0755), "directory %d", i);
		sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(sub >= 0 && !close(dir), "directory %d", i);
		dir = sub;
	}
	fd = openat(dir, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && !fstat(fd, &of_file) && !close(fd), "a file in it");
	CHECK(!name_to_handle_at(dir, "file", &h.head, &mount_id, 0) && !close(dir), "its handle");
	drop();
	fd = opened(&h);
	CHECK(fd >= 0 && !fstat(fd, &st) && !close(fd), "a deep file by its handle");
	CHECK(st.st_ino == of_file.st_ino, "another file");
	CHECK(!run("rm -r mnt/ddd*"), "all that is removed");
	STALE(&h, "a deep file that was removed");
}

/* A file that somebody has open is found when it has no name any more, and then by nobody. */
static void nameless(void)
{
	struct handle h;
	struct stat st;
	int fd, again;

	made("mnt/dir/open");
	h = handle_of("mnt/dir/open");
	fd = open("mnt/dir/open", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !unlink("mnt/dir/open"), "open, and removed");
	drop();
	again = opened(&h);
	CHECK(again >= 0 && !fstat(again, &st) && !st.st_nlink, "a removed file in use");
	CHECK(!close(again), "close");
	CHECK(!run("extfuse replace $PWD/mnt hide"), "hide");
	STALE(&h, "a removed file, where names are asked about");
	CHECK(!run("extfuse replace $PWD/mnt passthrough"), "passthrough");
	CHECK(!close(fd), "close");
	STALE(&h, "a removed file that nobody uses");
}

static bool is_below_top(int fd)
{
	const char *const paths[] = { "fs", "fs/outside", "fs/outside/secret" };
	struct stat st, of_path;

	CHECK(!fstat(fd, &st), "fstat");
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(!stat(paths[i], &of_path), "%s", paths[i]);
		if (st.st_ino == of_path.st_ino)
			return false;
	}
	return true;
}

/* Only in a part of the file system below are there files that are not in the tree. */
static void outside(bool part)
{
	struct handle ours = handle_of("mnt/dir/file"), h;
	unsigned int i, opens = 0;
	int fd, round;

	for (round = 0; round < 2; round++) {
		h = forged("fs/outside/secret", &ours);
		if (part)
			STALE(&h, "a file outside");
		h = forged("fs/outside", &ours);
		if (part)
			STALE(&h, "a directory outside");
		h = forged("fs", &ours);
		if (part)
			STALE(&h, "the directory above");
		drop();
	}
	/* ext4 takes any generation for 0: type 1 is an inode's number, 2 has its parent's as well. */
	for (i = 0; i < INODES; i++) {
		h = ours;
		h.head.handle_bytes = (i & 1 ? 3 : 5) * sizeof(h.words[0]);
		h.words[0] = i & 1 ? 1 : 2;
		h.words[1] = h.words[3] = i / 2;
		h.words[2] = h.words[4] = 0;
		fd = opened(&h);
		if (fd < 0)
			continue;
		opens++;
		CHECK(!part || is_below_top(fd), "inode %u is outside", i / 2);
		close(fd);
	}
	CHECK(opens, "some are in the tree");
	for (i = 0; i < 10000; i++) {
		h = ours;
		h.head.handle_bytes = rand() % sizeof(h.words);
		h.words[rand() % 8] = rand();
		h.words[0] = rand() % 4 ? h.words[0] : (unsigned int)rand() % 300;
		fd = opened(&h);
		if (fd >= 0)
			close(fd);
	}
}

int main(void)
{
	umask(0);
	CHECK(!mkdir("fs", 0755) && !run("modprobe loop && truncate -s 64M image && mkfs.ext4 -q image && mount -o loop image fs"),
	      "a file system");
	CHECK(!run("cd fs && mkdir -p part outside && echo secret >outside/secret && ln outside/secret outside/again"),
	      "what is outside");
	for (int part = 0; part < 2; part++) {
		top = part ? "fs/part" : "fs";
		CHECK(!chdir(top) && !run("mkdir -p dir/sub/deep && echo text >dir/file && ln dir/file dir/hard &&"
					  " echo deep >dir/sub/deep/file && echo x >beside"), "files");
		CHECK(!chdir(part ? "../.." : ".."), "back");
		tree_mount_of(top);
		inside();
		moved();
		by_other_names();
		deep();
		nameless();
		outside(part);
		tree_umount();
	}
	CHECK(!umount("fs"), "nothing is left in use below");
	return 0;
}
