// SPDX-License-Identifier: GPL-2.0-only
/* Operations on attributes, and what is asked of a file system. */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "task.h"

static const char *draw_xattr(struct task *t)
{
	static const char * const names[] = { "user.a", "user.b", "trusted.a", "security.a", "security.capability", "system.posix_acl_access",
					      "system.posix_acl_default", "nothing", "user.", "trusted.overlay.opaque", "system.x" };

	return RNG_PICK(&t->r, names);
}

static bool op_stat(struct task *t)
{
	struct stat st;

	return !fstatat(AT_FDCWD, task_path(t), &st, rng_below(&t->r, 2) ? AT_SYMLINK_NOFOLLOW : 0);
}

static bool op_fstat(struct task *t)
{
	struct stat st;

	return !fstat(task_fd(t), &st);
}

static bool op_statx(struct task *t)
{
	static const int flags[] = { 0, AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC, AT_SYMLINK_NOFOLLOW };
	struct statx st;

	return !statx(AT_FDCWD, task_path(t), RNG_PICK(&t->r, flags), rng_one_in(&t->r, 4) ? rng_odd(&t->r) : STATX_ALL, &st);
}

static bool op_access(struct task *t)
{
	return !faccessat(AT_FDCWD, task_path(t), rng_below(&t->r, 8), rng_below(&t->r, 2) ? AT_EACCESS : 0);
}

static bool op_chmod(struct task *t)
{
	return !chmod(task_path(t), rng_below(&t->r, 010000));
}

static bool op_fchmod(struct task *t)
{
	return !fchmod(task_fd(t), 0777);
}

static bool op_chown(struct task *t)
{
	static const uid_t ids[] = { 0, 1000, 1001, -1, 65534 };

	return !lchown(task_path(t), RNG_PICK(&t->r, ids), RNG_PICK(&t->r, ids));
}

static bool op_utimes(struct task *t)
{
	static const long ns[] = { UTIME_NOW, UTIME_OMIT, 0, 999999999 };
	struct timespec times[2] = { { rng_odd(&t->r), RNG_PICK(&t->r, ns) }, { rng_odd(&t->r), RNG_PICK(&t->r, ns) } };

	return !utimensat(AT_FDCWD, task_path(t), times, rng_below(&t->r, 2) ? AT_SYMLINK_NOFOLLOW : 0);
}

static bool op_truncate(struct task *t)
{
	return !truncate(task_path(t), task_offset(t));
}

static bool op_statfs(struct task *t)
{
	struct statfs st;

	return !statfs(task_path(t), &st);
}

static bool op_setxattr(struct task *t)
{
	size_t size = rng_one_in(&t->r, 8) ? rng_below(&t->r, 70000) : rng_below(&t->r, 64);

	rng_fill(&t->r, t->buf, size);
	return !lsetxattr(task_path(t), draw_xattr(t), t->buf, size, rng_below(&t->r, 3));
}

static bool op_getxattr(struct task *t)
{
	return lgetxattr(task_path(t), draw_xattr(t), t->buf, rng_one_in(&t->r, 3) ? 0 : rng_below(&t->r, 70000)) >= 0;
}

static bool op_fgetxattr(struct task *t)
{
	return fgetxattr(task_fd(t), draw_xattr(t), t->buf, 4096) >= 0;
}

static bool op_listxattr(struct task *t)
{
	return llistxattr(task_path(t), t->buf, rng_one_in(&t->r, 3) ? 0 : rng_below(&t->r, 70000)) >= 0;
}

static bool op_removexattr(struct task *t)
{
	return !lremovexattr(task_path(t), draw_xattr(t));
}

static bool op_flock(struct task *t)
{
	static const int ops[] = { LOCK_SH, LOCK_EX, LOCK_UN };

	return !flock(task_fd(t), RNG_PICK(&t->r, ops) | LOCK_NB);
}

static bool op_lock(struct task *t)
{
	static const int cmds[] = { F_GETLK, F_SETLK, F_SETLK, F_OFD_GETLK, F_OFD_SETLK };
	struct flock l = { .l_type = rng_below(&t->r, 3), .l_start = rng_below(&t->r, 100), .l_len = rng_below(&t->r, 100) };

	return !fcntl(task_fd(t), RNG_PICK(&t->r, cmds), &l);
}

static bool op_fcntl(struct task *t)
{
	static const int flags[] = { O_APPEND, O_DIRECT, O_NONBLOCK, O_NOATIME, O_ASYNC };

	return !fcntl(task_fd(t), F_SETFL, RNG_PICK(&t->r, flags) | O_NONBLOCK);
}

static bool op_lease(struct task *t)
{
	return !fcntl(task_fd(t), F_SETLEASE, (long)rng_below(&t->r, 3));
}

static bool op_poll(struct task *t)
{
	struct pollfd p = { .fd = task_fd(t), .events = rng_below(&t->r, 0x400) };

	return poll(&p, 1, 1) >= 0;
}

static bool op_watch(struct task *t)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool good = inotify_add_watch(fd, task_path(t), IN_ALL_EVENTS) >= 0;

	good &= task_keep(t, fd);
	return good;
}

/* What may freeze or shut down the file system below is left out. */
static bool op_ioctl(struct task *t)
{
	static const unsigned long cmds[] = { FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, FIBMAP, FIGETBSZ, FIONREAD, FIOQSIZE,
					      FS_IOC_GETVERSION, 0x12345678, 0xc0105500, 0x5401 };
	unsigned long cmd = RNG_PICK(&t->r, cmds);

	rng_fill(&t->r, t->buf, 4096);
	if (cmd == FS_IOC_SETFLAGS)
		*(int *)t->buf = rng_one_in(&t->r, 2) ? FS_NOATIME_FL : FS_NODUMP_FL;
	return ioctl(task_fd(t), cmd, t->buf) >= 0;
}

static bool op_fiemap(struct task *t)
{
	struct fiemap *map = (void *)t->buf;

	*map = (struct fiemap){ .fm_start = task_offset(t), .fm_length = rng_odd(&t->r), .fm_flags = rng_below(&t->r, 4), .fm_extent_count = rng_below(&t->r, 64) };
	return !ioctl(task_fd(t), FS_IOC_FIEMAP, map);
}

static bool op_many_stats(struct task *t)
{
	unsigned int n = 10;
	bool good = true;

	while (n--)
		good &= op_stat(t);
	return good;
}

const struct task_op task_meta[] = {
	{ "stat", op_stat }, { "stat", op_stat }, { "ten times stat", op_many_stats }, { "fstat", op_fstat }, { "statx", op_statx },
	{ "access", op_access }, { "chmod", op_chmod }, { "fchmod", op_fchmod }, { "chown", op_chown }, { "utimes", op_utimes },
	{ "truncate", op_truncate }, { "statfs", op_statfs }, { "setxattr", op_setxattr }, { "getxattr", op_getxattr },
	{ "fgetxattr", op_fgetxattr }, { "listxattr", op_listxattr }, { "removexattr", op_removexattr }, { "flock", op_flock },
	{ "lock", op_lock }, { "fcntl", op_fcntl }, { "lease", op_lease }, { "poll", op_poll }, { "inotify", op_watch },
	{ "ioctl", op_ioctl }, { "fiemap", op_fiemap }, {},
};
