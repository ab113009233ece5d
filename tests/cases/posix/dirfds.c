// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: calls by descriptor are as on ext4: of directories, O_PATH, files, closed and removed ones, moved and forbidden ones
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

/* What slot 1 is. */
static const char *const opens[] = {
	"1=open d O_RDONLY|O_DIRECTORY 0", "1=open d O_PATH 0", "1=open f O_RDONLY 0", "1=open f O_PATH 0", "1=open l O_PATH|O_NOFOLLOW 0", "1=open fifo O_PATH 0",
	"1=open fifo O_RDONLY|O_NONBLOCK 0", "1=open ld O_RDONLY 0",
};

static const char *const calls[] = {
	"openat 1 f O_RDONLY 0", "openat 1 n O_CREAT|O_RDWR|O_EXCL 0644", "openat 1 '' O_RDONLY 0", "openat 1 . O_RDONLY 0", "openat 1 .. O_RDONLY 0", "openat 1 . O_TMPFILE|O_RDWR 0600",
	"openat 1 sub/.. O_PATH 0", "openat 1 sub/../../f O_RDONLY 0", "mkdirat 1 n 0755", "mkdirat 1 '' 0755", "mkdirat 1 . 0755", "mknodat 1 n S_IFREG|0644 0", "mknodat 1 n S_IFCHR|0600 1:3",
	"symlinkat x 1 n", "readlinkat 1 ''", "readlinkat 1 l", "linkat 1 f 1 n 0", "linkat 1 f AT_FDCWD n 0", "linkat AT_FDCWD f 1 n 0", "linkat 1 '' AT_FDCWD n AT_EMPTY_PATH", "linkat 1 '' 1 n AT_EMPTY_PATH",
	"unlinkat 1 n 0", "unlinkat 1 f 0", "unlinkat 1 sub 0", "unlinkat 1 sub AT_REMOVEDIR", "unlinkat 1 '' 0", "unlinkat 1 '' AT_REMOVEDIR", "unlinkat 1 . AT_REMOVEDIR", "unlinkat 1 .. AT_REMOVEDIR",
	"renameat2 1 f 1 n 0", "renameat2 1 f AT_FDCWD n 0", "renameat2 AT_FDCWD f 1 n 0", "renameat2 1 f 1 sub RENAME_EXCHANGE", "renameat2 1 sub 1 f 0", "renameat2 AT_FDCWD d 1 n 0",
	"fchmodat 1 f 0600", "fchmodat 1 '' 0600", "fchmodat2 1 '' 0750 AT_EMPTY_PATH", "fchmod 1 0755", "fchownat 1 f -1 team 0", "fchownat 1 '' -1 team AT_EMPTY_PATH", "fchownat 1 '' -1 team 0", "fchown 1 -1 team",
	"utimensat 1 f 5 6 0", "utimensat 1 '' 5 6 AT_EMPTY_PATH", "utimensat 1 '' 5 6 0", "futimens 1 NOW 7", "faccessat 1 f W_OK", "faccessat 1 '' R_OK", "faccessat2 1 '' R_OK AT_EMPTY_PATH",
	"fsetxattr 1 user.a v 0", "fgetxattr 1 user.a", "flistxattr 1", "fsync 1", "syncfs 1", "ftruncate 1 0", "fallocate 1 0 0 5", "read 1 5", "lseek 1 0 SEEK_SET", "flock 1 LOCK_SH|LOCK_NB", "flock 1 LOCK_UN",
	"setfl 1 O_APPEND", "openat2 1 f O_RDONLY 0 RESOLVE_BENEATH", "openat2 1 ../f O_RDONLY 0 RESOLVE_BENEATH",
};

static const char *const who[] = { "root", "alice", "bob" };

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void tree_make(void)
{
	STEPS_MUST(((const char *const[]){
		"make S_IFDIR d 0755 alice alice", "make S_IFREG f 0644 alice alice", "make S_IFREG d/f 0644 alice alice", "make S_IFDIR d/sub 0755 alice alice",
		"symlink f l", "symlink f d/l", "symlink d ld", "make S_IFIFO fifo 0644 alice alice",
	}));
}

static void tree_remove(void)
{
	step_close(1);
	CHECK(!system("rm -rf d f l ld fifo n"), "all must go");
}

/* Each call on what the one before has left. */
static void on(const char *opening, const char *caller)
{
	unsigned int i;

	tree_make();
	step("%s", opening);
	for (i = 0; i < COUNT(calls); i++)
		step("%s: %s", caller, calls[i]);
	tree_remove();
}

/* The directory is gone, has moved, or may not be searched any more. */
static void changed(const char *change)
{
	static const char *const few[] = {
		"openat 1 f O_RDONLY 0", "openat 1 . O_RDONLY 0", "openat 1 .. O_PATH 0", "openat 1 n O_CREAT|O_RDWR 0644", "mkdirat 1 m 0755", "linkat 1 f 1 g 0", "renameat2 1 f 1 h 0", "unlinkat 1 n 0",
		"unlinkat 1 m AT_REMOVEDIR", "faccessat 1 h R_OK", "fchmodat 1 h 0600", "fchmod 1 0755", "openat 1 h O_RDWR 0", "fsync 1",
	};
	unsigned int i;

	tree_make();
	step("1=open d O_RDONLY|O_DIRECTORY 0");
	step("%s", change);
	for (i = 0; i < COUNT(few); i++)
		step("alice: %s", few[i]);
	tree_remove();
	CHECK(!system("rm -rf moved d2 dd"), "all must go");
}

static const char *const changes[] = { "rename d moved", "chmod d 0", "chmod d 0400", "chmod d 0100", "chown d root root", "rename2 d f RENAME_EXCHANGE", "rename d/sub d2", "rename d d" };

/* Where a process stands is a descriptor as well. */
static void standing(void)
{
	CALL(mkdir("in", 0755));
	CALL(chdir("in"));
	CALL(rmdir("../in"));
	OPEN(open(".", O_RDONLY));
	OPEN(open("..", O_PATH));
	OPEN(open("x", O_CREAT | O_RDWR, 0600));
	CALL(mkdir("x", 0700));
	CALL(symlink("x", "y"));
	CALL(access(".", F_OK));
	CALL(access("x", F_OK));
	CALL(rename(".", "x"));
	SAY("getcwd: %s", getcwd(NULL, 0) ? "there" : strerrorname_np(errno));
	CALL(chdir(".."));
	CALL(mkdir("in", 0700));
	CALL(mkdir("in/deep", 0700));
	CALL(chdir("in/deep"));
	CALL(rename("../../in", "../../out"));
	CALL(mkdir("here", 0755));
	CALL(access("../../out/deep/here", F_OK));
	CALL(chdir("../.."));
	LOOK("out/deep/here");
}

static void steps(void)
{
	unsigned int i, j;

	umask(0);
	for (i = 0; i < COUNT(opens); i++)
		for (j = 0; j < COUNT(who); j++)
			if (j == 1 || (!j && i < 3) || getenv("LONG"))
				on(opens[i], who[j]);
	for (i = 0; i < COUNT(changes); i++)
		changed(changes[i]);
	standing();
}

STEPS_MAIN(steps)
