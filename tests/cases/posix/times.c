// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: utimensat in all its forms is as on ext4: now, omitted, given times, by owner, writer, others; and reading moves atime alike
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFCHR" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-FOWNER", "root-DAC", "carol+FOWNER", "carol+DAC_OVERRIDE", "root-ALL" };
static const char *const modes[] = { "0644", "0664", "0666", "0444", "0" };
static const char *const times[] = { "NOW NOW", "NOW OMIT", "OMIT NOW", "OMIT OMIT", "11 22", "33 NOW", "NOW 44", "OMIT 55", "66 OMIT",
				     "-5 -6", "0 5000000000" };

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void of_type(const char *type, const char *mode)
{
	unsigned int i, j;

	step("make %s o %s alice team", type, mode);
	step("1=open o O_PATH|O_NOFOLLOW 0");
	if (!strcmp(type, "S_IFREG"))
		step("2=open o O_RDONLY 0");
	for (i = 0; i < COUNT(who); i++) {
		step("%s: utimes o", who[i]);
		for (j = 0; j < COUNT(times); j++)
			step("%s: utimensat AT_FDCWD o %s AT_SYMLINK_NOFOLLOW", who[i], times[j]);
		step("%s: utimensat AT_FDCWD o 7 8 0", who[i]);
		step("%s: futimens 2 NOW OMIT", who[i]);
		step("%s: futimens 2 9 9", who[i]);
		step("%s: futimens 1 9 9", who[i]);
		step("%s: utimensat 1 '' 10 10 AT_EMPTY_PATH", who[i]);
	}
	step("close 1");
	step("close 2");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const values[] = {
	"file f x 0644", "utimensat AT_FDCWD f 1 2 AT_REMOVEDIR", "utimensat AT_FDCWD f 4294967296 4294967297 0", "utimensat AT_FDCWD f 15032385535 15032385535 0",
	"utimensat AT_FDCWD f 15032385536 99999999999 0", "utimensat AT_FDCWD f -2147483648 -2147483649 0", "utimensat AT_FDCWD f 2147483647 2147483648 0",
	"utimensat AT_FDCWD '' 1 1 0", "utimensat AT_FDCWD '' OMIT OMIT 0", "utimensat AT_FDCWD none OMIT OMIT 0", "utimensat 99 f OMIT OMIT 0", "utimensat 99 f NOW NOW 0",
	"symlink f l", "symlink none dangling", "utimensat AT_FDCWD l 3 4 0", "utimensat AT_FDCWD l 5 6 AT_SYMLINK_NOFOLLOW", "utimensat AT_FDCWD dangling 5 6 0",
	"utimensat AT_FDCWD dangling 5 6 AT_SYMLINK_NOFOLLOW", "unlink l", "unlink dangling", "unlink f",
};

/* What each call moves, and that a second time soon after moves no time of reading. */
static const char *const reading[] = {
	"file f text 0644", "cat f", "cat f", "chmod f 0600", "cat f", "cat f", "utimensat AT_FDCWD f 5 NOW 0", "cat f", "cat f", "utimensat AT_FDCWD f NOW 5 0", "cat f",
	"1=open f O_RDONLY|O_NOATIME 0", "chmod f 0644", "read 1 9", "close 1", "1=open f O_RDONLY 0", "read 1 0", "lseek 1 100 SEEK_SET", "read 1 9", "lseek 1 0 SEEK_SET",
	"read 1 9", "close 1", "exec f", "chmod f 0755", "exec f", "utimensat AT_FDCWD f 1000 1000000 0", "cat f", "utimensat AT_FDCWD f NOW 1000000 0", "cat f", "unlink f",
	"mkdir d 0755", "list d", "list d", "file d/f x 0644", "list d", "list d", "access d/f F_OK", "unlink d/f", "cat d/f", "list d", "rmdir d",
	"symlink none l", "readlink l", "readlink l", "lchown l alice -1", "cat l", "readlink l", "lchown l bob -1", "readlink l", "cat l", "unlink l",
	"file f text 0644", "symlink f l", "cat l", "cat l", "lchown l alice -1", "access l F_OK", "lchown l bob -1", "open l O_PATH|O_NOFOLLOW 0", "chmod l 0600",
	"lchown l alice -1", "unlink l", "unlink f", "mkdir d 0755", "file d/f x 0644", "symlink d l", "access l/f F_OK", "lchown l alice -1", "access l/f F_OK",
	"lchown l bob -1", "rename l/f l/g", "lchown l alice -1", "list l", "unlink d/g", "rmdir d", "unlink l",
	"1=open f O_CREAT|O_RDWR 0644", "write 1 x", "pwrite 1 '' 0", "ftruncate 1 1", "ftruncate 1 0", "ftruncate 1 0", "truncate f 0", "open f O_TRUNC|O_RDWR 0", "fsync 1",
	"fallocate 1 0 0 100", "fallocate 1 0 0 50", "fallocate 1 FALLOC_FL_KEEP_SIZE 0 5000", "setxattr f user.a b 0", "removexattr f user.a", "removexattr f user.a",
	"setacl f access 7 7 5", "removexattr f system.posix_acl_access", "chattr f FS_NODUMP_FL", "chattr f 0", "chown f -1 -1", "chown f 0 0", "chmod f 0644", "link f g",
	"unlink g", "rename f f", "rename f g", "close 1", "unlink g",
};

static void steps(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(types); i++)
		of_type(types[i], "0644");
	for (i = 1; i < COUNT(modes); i++)
		of_type("S_IFREG", modes[i]);
	STEPS(values);
	STEPS(reading);
}

STEPS_MAIN(steps)
