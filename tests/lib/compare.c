// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compare.h promises: mounts, the two accounts, and their comparison.  A line that differs is printed from both
 * sides; any one fails the case.
 */
#include <limits.h>
#include <sys/mount.h>

#include "compare.h"

#define SHOWN	200	/* differences that are printed */

static FILE *account;
const char *compare_below;
bool compare_passthrough;

void compare_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(account, fmt, ap);
	va_end(ap);
	fputc('\n', account);
	/* A step may fork. */
	fflush(account);
}

void compare_look(const char *func, int line, const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		compare_say("%s:%d: %s: %s", func, line, path, strerrorname_np(errno));
	else
		compare_say("%s:%d: %s: mode %o owner %u:%u links %lu size %ld rdev %x blksize %ld", func, line, path,
			    st.st_mode, st.st_uid, st.st_gid, (long)st.st_nlink, S_ISDIR(st.st_mode) ? 0 : (long)st.st_size,
			    (int)st.st_rdev, (long)st.st_blksize);
}

void as_user(uid_t uid, gid_t gid, gid_t group, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgroups(group ? 1 : 0, &group) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
			_exit(99);
		fn();
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "the child of a step");
}

static void run_in(const char *dir, const char *below, const char *file, void (*run)(void))
{
	pid_t pid;
	int status;

	account = fopen(file, "w+");
	CHECK(account, "an account in %s", file);
	compare_below = below;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (chdir(dir))
			_exit(98);
		umask(022);
		run();
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
		if (wrong++ < SHOWN)
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

static int compare(const char *native, const char *native_below, const char *mirror, const char *mirror_below,
		   void (*run)(void))
{
	run_in(native, native_below, "/tmp/account.native", run);
	run_in(mirror, mirror_below, "/tmp/account.mirror", run);
	return compare_accounts("/tmp/account.native", "/tmp/account.mirror");
}

__attribute__((format(printf, 2, 3)))
static void shell(const char *what, const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	CHECK(!system(command), "%s: %s", what, command);
}

static char *in_here(const char *ext, const char *name)
{
	char path[PATH_MAX], here[PATH_MAX / 2], *copy;

	CHECK(getcwd(here, sizeof(here)), "getcwd");
	snprintf(path, sizeof(path), "%s/%s.%s", here, ext, name);
	copy = strdup(path);
	CHECK(copy && !mkdir(copy, 0777) && !chmod(copy, 0777), "%s", path);
	return copy;
}

/* The mirror's own daemon must have found nothing wrong either. */
static void mirror_ends(const char *mnt)
{
	shell("the unmount", "umount %s && for i in 1 2 3 4 5 6 7 8 9 10; do grep -q 'ended by unmount' %s.log && break;"
	      " sleep 0.3; done", mnt, mnt);
	shell("the mirror must end with no violation: see its log", "grep 'ended by unmount.*violations=0' %s.log", mnt);
}

static int compare_with(const char *ext, void (*run)(void))
{
	char *below = in_here(ext, "native"), *native = in_here(ext, "bind");
	char *lower = in_here(ext, "lower"), *mnt = in_here(ext, "mnt");
	int wrong;

	printf("with ext=%s\n", ext);
	compare_passthrough = !strcmp(ext, "passthrough");
	CHECK(!mount(below, native, NULL, MS_BIND, NULL), "the bind mount");
	shell("the mount", "mount -t extfuse -o ext=%s,log=%s.log %s %s", ext, mnt, lower, mnt);
	shell("it must be at work", "extfuse status --json | jq -e 'any(.[]; .target == \"%s\" and .extension == \"%s\" and"
	      " .acceleration)' >/dev/null || { extfuse status --json; false; }", mnt, ext);
	wrong = compare(native, below, mnt, lower, run);
	CHECK(!umount(native), "the bind mount must go");
	mirror_ends(mnt);
	free(below);
	free(native);
	free(lower);
	free(mnt);
	return wrong;
}

/* The daemon's own way is compared only where LONG=1: see the case why. */
bool __attribute__((weak)) compare_short;

int compare_main(int argc, char **argv, void (*run)(void))
{
	char *list = strdup(getenv("EXT") ?: "passthrough metacache"), *ext, *rest = list;
	int wrong = 0;

	if (argc == 3) {
		wrong = compare(argv[1], argv[1], argv[2], argv[2], run);
	} else {
		CHECK(!chmod(".", 0755), "users must reach it");
		if (compare_short && !getenv("LONG"))
			*strchrnul(list, ' ') = 0;
		while ((ext = strsep(&rest, " "))) {
			wrong += compare_with(ext, run);
			if (getenv("SHORT"))
				break;
		}
	}
	free(list);
	CHECK(!wrong, "every step must give the same on both");
	return 0;
}
