/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the mirror's cases share: each does the same steps in a directory on
 * ext4 and in a mirror of another one, writes down what every call returned,
 * errno included, and compares the two accounts line by line.  A step says
 * what it does in SAY(), CALL() or LOOK(); times and inode numbers are looked
 * at by what became of them, not by value.
 *
 * With two directories as arguments the case compares these, without any mount
 * of its own.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

#define ALICE	1000
#define TEAM	2000

static FILE *account;

/* The steps of a case; run with the directory as working directory. */
static void steps(void);

__attribute__((format(printf, 1, 2)))
static void SAY(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(account, fmt, ap);
	va_end(ap);
	fputc('\n', account);
	fflush(account);
}

/* The call, its result, and errno where it failed. */
#define CALL(expr)							\
	({								\
		long call_ret;						\
									\
		errno = 0;						\
		call_ret = (long)(expr);				\
		if (call_ret < 0)					\
			SAY("%s:%d: %s = %s", __func__, __LINE__, #expr,\
			    strerrorname_np(errno));			\
		else							\
			SAY("%s:%d: %s = %ld", __func__, __LINE__, #expr, call_ret); \
		call_ret;						\
	})

/* The same for calls that return a descriptor, whose number is chance. */
#define OPEN(expr)							\
	({								\
		int open_ret;						\
									\
		errno = 0;						\
		open_ret = (expr);					\
		SAY("%s:%d: %s: %s", __func__, __LINE__, #expr,		\
		    open_ret < 0 ? strerrorname_np(errno) : "open");	\
		open_ret;						\
	})

/* What lstat() says, without what differs by nature. */
#define LOOK(path)							\
	do {								\
		struct stat look;					\
									\
		if (lstat(path, &look))					\
			SAY("%s:%d: %s: %s", __func__, __LINE__, path, strerrorname_np(errno)); \
		else							\
			SAY("%s:%d: %s: mode %o owner %u:%u links %lu size %ld rdev %x blksize %ld", \
			    __func__, __LINE__, path, look.st_mode, look.st_uid, look.st_gid, \
			    (long)look.st_nlink, S_ISDIR(look.st_mode) ? 0 : (long)look.st_size, \
			    (int)look.st_rdev, (long)look.st_blksize);	\
	} while (0)

/* Runs @fn as a user in a process of its own. */
__attribute__((unused))
static void as_user(uid_t uid, gid_t gid, gid_t group, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgroups(group ? 1 : 0, &group) || setresgid(gid, gid, gid) ||
		    setresuid(uid, uid, uid))
			_exit(99);
		fn();
		fflush(account);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "the child of a step");
}

static void run_in(const char *dir, const char *file)
{
	pid_t pid;
	int status;

	account = fopen(file, "w+");
	CHECK(account, "an account in %s", file);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (chdir(dir))
			_exit(98);
		umask(022);
		steps();
		fflush(account);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "the steps in %s", dir);
	CHECK(!status, "the steps in %s, status %x", dir, status);
	fclose(account);
}

static int compare_accounts(const char *native, const char *mirror)
{
	FILE *a = fopen(native, "r"), *b = fopen(mirror, "r");
	char one[4096], two[4096], *x, *y;
	int lines = 0, wrong = 0;

	CHECK(a && b, "the accounts");
	for (;;) {
		x = fgets(one, sizeof(one), a);
		y = fgets(two, sizeof(two), b);
		if (!x && !y)
			break;
		lines++;
		if (x && y && !strcmp(one, two))
			continue;
		if (wrong++ < 40)
			printf("ext4:   %smirror: %s", x ? one : "(end)\n", y ? two : "(end)\n");
		if (!x || !y)
			break;
	}
	fclose(a);
	fclose(b);
	printf("%d steps compared, %d differ\n", lines, wrong);
	CHECK(lines > 5, "the steps must have done something");
	return wrong;
}

int main(int argc, char **argv)
{
	const char *native = "native", *mirror = "mnt";
	bool mounted = argc != 3;
	int wrong;

	if (mounted) {
		CHECK(!mkdir("native", 0777) && !mkdir("lower", 0777) && !mkdir("mnt", 0777),
		      "the directories");
		CHECK(!system("mount -t extfuse -o log=$PWD/log $PWD/lower $PWD/mnt"), "the mount");
		CHECK(!chmod("native", 0777) && !chmod("mnt", 0777) && !chmod(".", 0755), "modes");
	} else {
		native = argv[1];
		mirror = argv[2];
	}
	run_in(native, "/tmp/account.native");
	run_in(mirror, "/tmp/account.mirror");
	wrong = compare_accounts("/tmp/account.native", "/tmp/account.mirror");
	if (mounted) {
		CHECK(!system("umount $PWD/mnt && for i in 1 2 3 4 5 6 7 8 9 10; do"
			      " grep -q 'ended by unmount' log && break; sleep 0.3; done"),
		      "the unmount");
		CHECK(!system("grep 'ended by unmount.*violations=0' log"),
		      "the mirror must end with no violation: see its log");
	}
	CHECK(!wrong, "every step must give the same on both");
	return 0;
}

#endif /* COMPARE_H */
