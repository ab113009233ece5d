// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: unlink, rmdir and rename are as on ext4 by caller: write and search permission, sticky directories, owners; open unlinked files
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include "steps.h"

static const char *const who[] = { "root", "alice", "bob", "carol", "root-FOWNER", "root-DAC", "bob+FOWNER", "bob+DAC_OVERRIDE", "root-ALL" };
/* Of the directory "d" that everything is in. */
static const char *const places[] = {
	"0777 root root", "01777 root root", "01777 alice alice", "0755 alice alice", "0775 root team", "01775 root team", "0766 root root", "0755 root root",
};
/* Each removes or moves things of alice's or bob's, which are then made anew. */
static const char *const calls[] = {
	"unlink d/alice", "unlink d/bob", "rmdir d/dir-of-alice", "rmdir d/dir-of-bob", "unlink d/dir-of-alice", "rmdir d/alice",
	"rename d/alice d/n", "rename d/alice d/bob", "rename d/bob d/alice", "rename d/alice e/n", "rename d/bob e/n",
	"rename e/own d/n", "rename e/own d/alice", "rename e/own d/bob", "rename d/dir-of-alice d/n", "rename d/dir-of-alice e/n",
	"rename d/dir-of-bob e/n", "rename d/dir-of-alice d/dir-of-bob", "rename2 d/alice d/bob RENAME_EXCHANGE",
	"rename2 d/alice e/own RENAME_EXCHANGE", "rename2 d/dir-of-alice e/dir RENAME_EXCHANGE", "rename2 d/alice d/n RENAME_NOREPLACE",
	"rename2 d/alice d/n RENAME_WHITEOUT", "rename2 d/alice d/bob RENAME_NOREPLACE", "unlinkat AT_FDCWD d/alice AT_REMOVEDIR",
	"unlinkat AT_FDCWD d/dir-of-alice AT_REMOVEDIR", "unlinkat AT_FDCWD d/alice 1", "unlink d/none", "rename d/none d/n",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static const struct {
	const char *path;
	mode_t mode;
	uid_t uid;
} objects[] = {
	{ "d/alice", S_IFREG | 0644, ALICE }, { "d/bob", S_IFREG | 0644, ALICE + 1 }, { "d/dir-of-alice", S_IFDIR | 0755, ALICE },
	{ "d/dir-of-bob", S_IFDIR | 0755, ALICE + 1 }, { "e/own", S_IFREG | 0644, ALICE }, { "e/dir", S_IFDIR | 0755, ALICE },
};

static void restore(void)
{
	struct stat st;
	unsigned int i;

	remove("d/n");
	remove("e/n");
	for (i = 0; i < COUNT(objects); i++) {
		if (!lstat(objects[i].path, &st) && !((st.st_mode ^ objects[i].mode) & S_IFMT) && st.st_uid == objects[i].uid)
			continue;
		remove(objects[i].path);
		CHECK(S_ISDIR(objects[i].mode) ? !mkdir(objects[i].path, 0755) : !mknod(objects[i].path, objects[i].mode, 0), "%s", objects[i].path);
		CHECK(!chown(objects[i].path, objects[i].uid, objects[i].uid), "%s", objects[i].path);
	}
}

static void in_place(const char *place)
{
	unsigned int i, j;

	step("make S_IFDIR d %s", place);
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(calls); j++) {
			restore();
			step("%s: %s", who[i], calls[j]);
		}
	}
	restore();
	for (i = 0; i < 4; i++)
		CHECK(!remove(objects[i].path), "%s", objects[i].path);
	step("rmdir d");
}

static const char *const others[] = {
	"mkdir p 0755", "mkdir p/q 0755", "file p/f x 0644", "symlink q p/l", "symlink f p/lf", "mkfifo p/fifo 0644", "rmdir p", "rmdir p/q/..", "rmdir p/q/.",
	"rmdir p/l", "rmdir p/l/", "rmdir p/lf", "rmdir p/f", "rmdir p/f/", "unlink p/q", "unlink p/q/", "unlink p/l/", "unlink p/f/", "unlink p/none/",
	"unlink p/.", "unlink p/..", "unlink p/q/.", "unlink /", "rmdir /", "rmdir .", "rmdir ..", "unlink ''", "rmdir ''", "rmdir p/none/",
	"unlink p/lf", "unlink p/l", "unlink p/fifo", "link p/f p/g", "unlink p/f", "unlink p/g", "rmdir p/q/", "rmdir p/", "rmdir p",
	/* By a process that has it as its root or in use. */
	"mkdir p 0755", "1=open p O_RDONLY 0", "2=openat 1 f O_CREAT|O_RDWR 0600", "unlinkat 1 f 0", "rmdir p", "write 2 text", "pwrite 2 x 9", "lseek 2 0 SEEK_SET",
	"read 2 60", "ftruncate 2 4", "fchmod 2 0644", "fchown 2 alice alice", "futimens 2 NOW 77", "fsetxattr 2 user.x v 0", "fgetxattr 2 user.x", "flistxattr 2",
	"fremovexattr 2 user.x", "fsync 2", "fallocate 2 FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 2", "mkdir p 0700", "openat 1 f O_CREAT 0600", "list p",
	"fchmod 1 0700", "fchown 1 alice alice", "futimens 1 3 4", "fsync 1", "fsetxattr 1 user.x v 0", "fgetxattr 1 user.x", "close 1", "close 2", "rmdir p",
	/* A name that another object has had. */
	"file f one 0644", "1=open f O_RDONLY 0", "unlink f", "file f two 0600", "cat f", "read 1 9", "unlink f", "mkdir f 0755", "rmdir f", "symlink x f",
	"readlink f", "unlink f", "mkfifo f 0644", "unlink f", "file f three 0640", "cat f", "close 1", "unlink f",
};

static void steps(void)
{
	unsigned int i;

	umask(0);
	CHECK(!mkdir("e", 0777), "e");
	for (i = 0; i < COUNT(places); i++)
		if (i < 5 || getenv("LONG"))
			in_place(places[i]);
	STEPS(others);
}

STEPS_MAIN(steps)
