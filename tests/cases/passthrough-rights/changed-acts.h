/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a caller does in changed-after-look.c, on what it has looked at before.
 */
#ifndef CHANGED_ACTS_H
#define CHANGED_ACTS_H

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "matrix.h"

#define ACCESS_ACL	"system.posix_acl_access"
#define DEFAULT_ACL	"system.posix_acl_default"
#define IOC_SETVERSION	_IOW('v', 2, long)

/*
 * On what an act is done: types; ON_HANDLE: what the caller has open; ON_NAME: the name, not the node.  BY_VFS: the VFS checks
 * the owner that it has seen before anybody is asked.  ASKS: whether something may be done, and does not do it.
 */
enum { FILES = 1, DIRS = 2, LINKS = 4, ON_HANDLE = 8, ON_NAME = 16, BY_VFS = 32, ASKS = 64 };

/* Beside an object: PATH.SUFFIX. */
static const char *beside(const char *p, const char *suffix)
{
	static char path[2][256];
	static unsigned int which;

	which = !which;
	snprintf(path[which], sizeof(path[which]), "%s%s", p, suffix);
	return path[which];
}

static struct acl some_acl(void)
{
	return acl_make(6, 7, 0);
}

static int opened(const char *p, int flags)
{
	int fd = open(p, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

#define ACT(name, expr)							\
	static long name(const char *p, int h)				\
	{								\
		long ret;						\
									\
		(void)p;						\
		(void)h;						\
		ret = (long)(expr);					\
		return ret < 0 ? -errno : ret;				\
	}

static struct acl the_acl;
static char room[512];
static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };

ACT(chmod_setid, chmod(p, 06755))
ACT(chmod_plain, chmod(p, 0640))
ACT(chown_self, chown(p, geteuid(), -1))
ACT(chgrp_own, chown(p, -1, getegid()))
ACT(chgrp_team, chown(p, -1, TEAM))
ACT(truncate_it, truncate(p, 3))
ACT(utimes_now, utimensat(AT_FDCWD, p, NULL, AT_SYMLINK_NOFOLLOW))
ACT(utimes_set, utimensat(AT_FDCWD, p, long_ago, AT_SYMLINK_NOFOLLOW))
ACT(set_user, setxattr(p, "user.x", "x", 1, 0))
ACT(set_security, setxattr(p, "security.x", "x", 1, 0))
ACT(set_trusted, setxattr(p, "trusted.x", "x", 1, 0))
ACT(set_acl, setxattr(p, ACCESS_ACL, &the_acl, sizeof(the_acl), 0))
ACT(set_default, setxattr(p, DEFAULT_ACL, &the_acl, sizeof(the_acl), 0))
ACT(remove_user, removexattr(p, "user.u"))
ACT(remove_acl, removexattr(p, ACCESS_ACL))
ACT(get_user, getxattr(p, "user.u", room, sizeof(room)))
ACT(get_acl, getxattr(p, ACCESS_ACL, room, sizeof(room)))
ACT(list_names, listxattr(p, room, sizeof(room)))
ACT(open_r, opened(p, O_RDONLY))
ACT(open_w, opened(p, O_WRONLY))
ACT(open_trunc, opened(p, O_WRONLY | O_TRUNC))
ACT(access_r, faccessat(AT_FDCWD, p, R_OK, AT_EACCESS))
ACT(access_w, faccessat(AT_FDCWD, p, W_OK, AT_EACCESS))
ACT(access_x, faccessat(AT_FDCWD, p, X_OK, AT_EACCESS))
ACT(link_it, link(p, beside(p, ".new")))
ACT(unlink_it, unlink(p))
ACT(rmdir_it, rmdir(p))
ACT(rename_away, rename(p, beside(p, ".new")))
ACT(rename_over, rename(beside(p, ".mine"), p))

ACT(fchmod_setid, fchmod(h, 06755))
ACT(fchgrp_own, fchown(h, -1, getegid()))
ACT(futimes_set, futimens(h, long_ago))
ACT(ftruncate_it, ftruncate(h, 3))
ACT(fset_user, fsetxattr(h, "user.x", "x", 1, 0))
ACT(fset_acl, fsetxattr(h, ACCESS_ACL, &the_acl, sizeof(the_acl), 0))
ACT(write_it, write(h, "x", 1))
ACT(fallocate_it, fallocate(h, 0, 0, 100))
ACT(punch_it, fallocate(h, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4))
ACT(set_flags, ioctl(h, FS_IOC_SETFLAGS, &(int){ FS_NODUMP_FL | FS_EXTENT_FL }))
ACT(set_version, ioctl(h, IOC_SETVERSION, &(int){ 7 }))
ACT(set_fsxattr, ioctl(h, FS_IOC_FSSETXATTR, &(struct fsxattr){ .fsx_xflags = FS_XFLAG_NODUMP }))

ACT(list_dir, opened(p, O_RDONLY | O_DIRECTORY))
ACT(create_in, opened(beside(p, "/new"), O_WRONLY | O_CREAT | O_EXCL))
ACT(mkdir_in, mkdir(beside(p, "/new"), 0755))
ACT(mknod_in, mknod(beside(p, "/new"), S_IFIFO | 0644, 0))
ACT(symlink_in, symlink("to", beside(p, "/new")))
ACT(unlink_in, unlink(beside(p, "/child")))
ACT(rename_in, rename(beside(p, "/child"), beside(p, "/new")))
ACT(read_link, readlink(p, room, sizeof(room)))
ACT(lchgrp_own, lchown(p, -1, getegid()))

#define ACT_ROW(name, on)	{ #name, name, on }

static const struct act {
	const char *name;
	long (*run)(const char *p, int h);
	unsigned int on;
} acts[] = {
	ACT_ROW(chmod_setid, FILES | DIRS), ACT_ROW(chmod_plain, FILES | DIRS), ACT_ROW(chown_self, FILES | DIRS),
	ACT_ROW(chgrp_own, FILES | DIRS), ACT_ROW(chgrp_team, FILES), ACT_ROW(truncate_it, FILES),
	ACT_ROW(utimes_now, FILES | DIRS), ACT_ROW(utimes_set, FILES | DIRS | LINKS), ACT_ROW(set_user, FILES | DIRS),
	ACT_ROW(set_security, FILES), ACT_ROW(set_trusted, FILES), ACT_ROW(set_acl, BY_VFS | FILES | DIRS),
	ACT_ROW(set_default, BY_VFS | DIRS), ACT_ROW(remove_user, FILES), ACT_ROW(remove_acl, BY_VFS | FILES | DIRS), ACT_ROW(get_user, FILES),
	ACT_ROW(get_acl, FILES), ACT_ROW(list_names, FILES), ACT_ROW(open_r, FILES), ACT_ROW(open_w, FILES),
	ACT_ROW(open_trunc, FILES), ACT_ROW(access_r, ASKS | FILES), ACT_ROW(access_w, ASKS | FILES), ACT_ROW(access_x, ASKS | DIRS),
	ACT_ROW(link_it, BY_VFS | FILES | LINKS), ACT_ROW(unlink_it, BY_VFS | FILES | LINKS | ON_NAME),
	ACT_ROW(rmdir_it, BY_VFS | DIRS | ON_NAME), ACT_ROW(rename_away, BY_VFS | FILES | DIRS | LINKS | ON_NAME),
	ACT_ROW(rename_over, BY_VFS | FILES | ON_NAME), ACT_ROW(fchmod_setid, FILES | DIRS | ON_HANDLE),
	ACT_ROW(fchgrp_own, FILES | ON_HANDLE), ACT_ROW(futimes_set, FILES | ON_HANDLE), ACT_ROW(ftruncate_it, FILES | ON_HANDLE),
	ACT_ROW(fset_user, FILES | ON_HANDLE), ACT_ROW(fset_acl, BY_VFS | FILES | DIRS | ON_HANDLE), ACT_ROW(write_it, FILES | ON_HANDLE),
	ACT_ROW(fallocate_it, FILES | ON_HANDLE), ACT_ROW(punch_it, FILES | ON_HANDLE), ACT_ROW(set_flags, BY_VFS | FILES | DIRS | ON_HANDLE),
	ACT_ROW(set_version, FILES | ON_HANDLE), ACT_ROW(set_fsxattr, BY_VFS | FILES | ON_HANDLE), ACT_ROW(list_dir, DIRS),
	ACT_ROW(create_in, DIRS), ACT_ROW(mkdir_in, DIRS), ACT_ROW(mknod_in, DIRS), ACT_ROW(symlink_in, DIRS),
	ACT_ROW(unlink_in, DIRS), ACT_ROW(rename_in, DIRS), ACT_ROW(read_link, LINKS), ACT_ROW(lchgrp_own, LINKS),
};
#define NACTS	(sizeof(acts) / sizeof(*acts))

#endif
