// SPDX-License-Identifier: GPL-2.0-only
/* Operations on names. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "task.h"

static bool op_open(struct task *t)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	static const int more[] = { O_CREAT, O_CREAT, O_TRUNC, O_APPEND, O_DIRECT, O_EXCL | O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_SYNC, O_DSYNC, O_NOATIME, O_TMPFILE };
	int flags = RNG_PICK(&t->r, ways) | O_NONBLOCK | O_CLOEXEC;

	while (rng_below(&t->r, 3))
		flags |= RNG_PICK(&t->r, more);
	return task_keep(t, open(task_path(t), flags, rng_below(&t->r, 010000)));
}

static bool op_open_rw(struct task *t)
{
	return task_keep(t, open(task_path(t), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666));
}

static bool op_close(struct task *t)
{
	unsigned int i = rng_below(&t->r, TASK_FDS);
	int fd = t->fds[i];

	t->fds[i] = -1;
	return fd >= 0 && !close(fd);
}

static bool op_mkdir(struct task *t)
{
	return !mkdir(task_path(t), rng_below(&t->r, 010000));
}

static bool op_rmdir(struct task *t)
{
	return !rmdir(task_path(t));
}

static bool op_unlink(struct task *t)
{
	return !unlink(task_path(t));
}

static bool op_rename(struct task *t)
{
	static const unsigned int flags[] = { 0, 0, 0, 1, 2, 4, 3, 7, 8 };

	return !syscall(SYS_renameat2, AT_FDCWD, task_path(t), AT_FDCWD, task_path(t), RNG_PICK(&t->r, flags));
}

static bool op_link(struct task *t)
{
	return !linkat(AT_FDCWD, task_path(t), AT_FDCWD, task_path(t), rng_below(&t->r, 2) ? AT_SYMLINK_FOLLOW : 0);
}

static bool op_link_fd(struct task *t)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", task_fd(t));
	return !linkat(AT_FDCWD, path, AT_FDCWD, task_path(t), AT_SYMLINK_FOLLOW);
}

static bool op_symlink(struct task *t)
{
	static const char * const targets[] = { "a", "c", "../a", "new", "e", ".", "..", "a/c", "/proc/self/fd/3", "x" };

	return !symlink(RNG_PICK(&t->r, targets), task_path(t));
}

/* No device that could hurt. */
static bool op_mknod(struct task *t)
{
	static const mode_t types[] = { S_IFREG, S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, 0 };

	return !mknod(task_path(t), RNG_PICK(&t->r, types) | rng_below(&t->r, 01000), makedev(1, 3));
}

static bool op_readlink(struct task *t)
{
	return readlink(task_path(t), t->buf, rng_below(&t->r, 5000)) >= 0;
}

static bool op_list(struct task *t)
{
	DIR *dir = opendir(task_path(t));
	unsigned int n = rng_below(&t->r, 50);
	long at = 0;

	if (!dir)
		return false;
	while (n-- && readdir(dir))
		at = telldir(dir);
	if (rng_one_in(&t->r, 2))
		seekdir(dir, rng_one_in(&t->r, 2) ? at : (long)rng_odd(&t->r));
	readdir(dir);
	return !closedir(dir);
}

static bool op_getdents(struct task *t)
{
	return syscall(SYS_getdents64, task_fd(t), t->buf, rng_below(&t->r, 9000)) >= 0;
}

static bool op_chdir(struct task *t)
{
	int here = open(".", O_PATH | O_CLOEXEC);
	bool good = !chdir(task_path(t));

	if (good)
		good = !access("a", R_OK) && getcwd(t->buf, 4096);
	if (fchdir(here))
		_exit(1);
	close(here);
	return good;
}

static bool op_handle(struct task *t)
{
	struct {
		struct file_handle h;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = { .h.handle_bytes = rng_one_in(&t->r, 8) ? rng_below(&t->r, MAX_HANDLE_SZ + 1) : MAX_HANDLE_SZ };
	int id, top;

	if (name_to_handle_at(AT_FDCWD, task_path(t), &handle.h, &id, 0))
		return false;
	if (rng_one_in(&t->r, 3))
		handle.bytes[rng_below(&t->r, MAX_HANDLE_SZ)] ^= 1 << rng_below(&t->r, 8);
	if (rng_one_in(&t->r, 8))
		handle.h.handle_type = rng_odd(&t->r);
	top = open(t->only_below ? "below" : "mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	id = open_by_handle_at(top, &handle.h, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	close(top);
	return task_keep(t, id);
}

const struct task_op task_names[] = {
	{ "open", op_open }, { "open for both", op_open_rw }, { "open for both", op_open_rw }, { "close", op_close },
	{ "mkdir", op_mkdir }, { "rmdir", op_rmdir }, { "unlink", op_unlink }, { "rename", op_rename }, { "rename", op_rename },
	{ "link", op_link }, { "link of a file", op_link_fd }, { "symlink", op_symlink }, { "mknod", op_mknod },
	{ "readlink", op_readlink }, { "list", op_list }, { "getdents", op_getdents }, { "chdir", op_chdir },
	{ "file handle", op_handle }, {},
};
