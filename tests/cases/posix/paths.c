// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each call fails as on ext4 on each path: missing, long, empty, through files, loops, slashes, dots, no permission
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include "steps.h"

/* Each object is there before each step, whatever the one before has done. */
static const struct {
	const char *path;
	mode_t mode;
	const char *target;
	uid_t uid;
} objects[] = {
	{ "f", S_IFREG | 0755, NULL, ALICE }, { "d", S_IFDIR | 0755, NULL, ALICE }, { "d/f", S_IFREG | 0644, NULL, ALICE },
	{ "empty", S_IFDIR | 0755, NULL, ALICE }, { "l", S_IFLNK, "f", ALICE }, { "ld", S_IFLNK, "d", ALICE },
	{ "dangling", S_IFLNK, "none", ALICE }, { "loop", S_IFLNK, "loop", ALICE },
	{ "slash", S_IFLNK, "d/", ALICE }, { "file-slash", S_IFLNK, "f/", ALICE },
	{ "secret", S_IFDIR | 0700, NULL, 0 }, { "secret/f", S_IFREG | 0666, NULL, 0 },
	{ "listed", S_IFDIR | 0744, NULL, 0 }, { "listed/f", S_IFREG | 0666, NULL, 0 },
	{ "fixed", S_IFDIR | 0755, NULL, 0 }, { "fixed/f", S_IFREG | 0666, NULL, 0 },
	{ "ls", S_IFLNK, "secret/f", ALICE },
};

static const char *const paths[] = {
	"f", "none", "none/x", "none/", "f/", "f/x", "f/.", "f/..", "d", "d/", "d/.", "d/..", "d/../f", ".", "empty/",
	"l", "l/", "l/x", "ld", "ld/", "ld/f", "dangling", "dangling/", "dangling/x", "loop", "loop/", "loop/x",
	"slash", "slash/f", "file-slash", "''", "/", "%255", "%256", "d/%256", "%256/x", "f~4095", "f~4096", "none~4095",
	"c40", "c41", "secret", "secret/f", "secret/none", "secret/../f", "secret/%256", "listed/f", "listed/none", "fixed/f",
	"fixed/none", "ls",
};

/* With the path for the @. */
static const char *const calls[] = {
	"open @ O_RDONLY 0", "open @ O_RDWR|O_CREAT 0644", "open @ O_WRONLY|O_CREAT|O_EXCL 0644", "open @ O_DIRECTORY 0",
	"open @ O_NOFOLLOW 0", "open @ O_PATH 0", "open @ O_PATH|O_NOFOLLOW 0", "open @ O_TMPFILE|O_RDWR 0600", "mkdir @ 0755",
	"mkfifo @ 0644", "mknod @ S_IFREG|0644 0", "symlink f @", "link @ new", "link f @", "rename @ new", "rename f @",
	"rename empty @", "unlink @", "rmdir @", "chmod @ 0755", "chown @ -1 team", "lchown @ -1 team", "truncate @ 3",
	"access @ F_OK", "access @ W_OK", "faccessat2 AT_FDCWD @ R_OK AT_SYMLINK_NOFOLLOW", "utimes @",
	"utimensat AT_FDCWD @ NOW OMIT AT_SYMLINK_NOFOLLOW", "readlink @", "setxattr @ user.x value 0", "lsetxattr @ user.x value 0",
	"getxattr @ user.x", "listxattr @", "removexattr @ user.x", "statfs @", "list @", "fchmodat2 AT_FDCWD @ 0755 AT_SYMLINK_NOFOLLOW",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static bool is_there(const char *path, mode_t mode)
{
	struct stat st;

	if (lstat(path, &st))
		return false;
	if ((st.st_mode & S_IFMT) == (mode & S_IFMT))
		return true;
	remove(path);
	return false;
}

static void restore_one(unsigned int i)
{
	const char *path = objects[i].path;
	mode_t mode = objects[i].mode;

	if (is_there(path, mode))
		return;
	if (S_ISDIR(mode))
		CHECK(!mkdir(path, mode), "%s", path);
	else if (S_ISREG(mode))
		CHECK(!mknod(path, mode, 0), "%s", path);
	else
		CHECK(!symlink(objects[i].target, path), "%s", path);
	CHECK(!lchown(path, objects[i].uid, objects[i].uid), "%s", path);
	if (!S_ISLNK(mode))
		CHECK(!chmod(path, mode), "%s", path);
}

static void restore(void)
{
	/*
	 * A link goes before anything is looked up through it.  On kernels with fine times (6.13) that may set its time of reading
	 * to later than the ctime of its removal, and then the step would find nothing to move.
	 */
	static const char *const made[] = { "new", "new/f", "new", "none", "%255", "fixed/none", "secret/none", "listed/none" };
	char path[STEP_PATH];
	unsigned int i;

	for (i = 0; i < COUNT(made); i++) {
		step_path(path, made[i]);
		remove(path);
	}
	for (i = 0; i < COUNT(objects); i++)
		restore_one(i);
}

static void chain(void)
{
	char name[8], target[8] = "f";
	int i;

	for (i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		CHECK(!symlink(target, name), "%s", name);
		strcpy(target, name);
	}
}

/* Of a chain that a step has cut, its ends are there again. */
static void restore_chain(void)
{
	if (!is_there("c40", S_IFLNK))
		CHECK(!symlink("c39", "c40"), "c40");
	if (!is_there("c41", S_IFLNK))
		CHECK(!symlink("c40", "c41"), "c41");
}

static void one_step(const char *who, const char *call, const char *path)
{
	const char *at = strchr(call, '@');

	restore();
	restore_chain();
	step("%s: %.*s%s%s", who, (int)(at - call), call, path, at + 1);
}

static void all_paths(const char *who, const char *call)
{
	unsigned int i;

	for (i = 0; i < COUNT(paths); i++)
		one_step(who, call, paths[i]);
}

static void steps(void)
{
	unsigned int i;

	umask(0);
	chain();
	for (i = 0; i < COUNT(calls); i++) {
		all_paths("alice", calls[i]);
		if (getenv("LONG"))
			all_paths("root", calls[i]);
	}
}

STEPS_MAIN(steps)
