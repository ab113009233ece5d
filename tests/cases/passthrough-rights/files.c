// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a caller may do with a file, and what becomes of its mode, owner, ACL and capabilities, is as on ext4, cell by cell
 * needs: extfuse ext4 root jq
 * timeout: 1200
 * ring: each
 */
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#include "matrix.h"

/* Where what is read goes; nobody looks at it. */
static char room[256];
static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };
static const struct timespec only_mtime[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };

FD_OP(open_r, O_RDONLY, 0)
FD_OP(open_w, O_WRONLY, 0)
FD_OP(open_rw, O_RDWR, 0)
FD_OP(open_trunc, O_WRONLY | O_TRUNC, 0)
FD_OP(open_trunc_r, O_RDONLY | O_TRUNC, 0)
FD_OP(open_append, O_WRONLY | O_APPEND, 0)
FD_OP(open_noatime, O_RDONLY | O_NOATIME, 0)
FD_OP(open_creat, O_WRONLY | O_CREAT, 0)
FD_OP(read_it, O_RDONLY, read(fd, room, 4))
FD_OP(write_it, O_WRONLY, write(fd, "x", 1))
FD_OP(write_none, O_WRONLY, write(fd, "x", 0))
FD_OP(append_it, O_WRONLY | O_APPEND, write(fd, "x", 1))
FD_OP(lose_append, O_WRONLY | O_APPEND, fcntl(fd, F_SETFL, 0))
FD_OP(gain_noatime, O_RDONLY, fcntl(fd, F_SETFL, O_NOATIME))
FD_OP(ftruncate_same, O_WRONLY, ftruncate(fd, 7))
FD_OP(ftruncate_short, O_WRONLY, ftruncate(fd, 3))
FD_OP(fallocate_it, O_WRONLY, fallocate(fd, 0, 0, 100))
FD_OP(punch_it, O_WRONLY, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4))
FD_OP(fchmod_it, O_RDONLY, fchmod(fd, 0640))
FD_OP(fchown_team, O_RDONLY, fchown(fd, -1, TEAM))
FD_OP(futimens_now, O_RDONLY, futimens(fd, NULL))
FD_OP(getflags, O_RDONLY | O_NONBLOCK, ioctl(fd, FS_IOC_GETFLAGS, &(int){ 0 }))

OP(truncate_zero, truncate(p, 0))
OP(truncate_more, truncate(p, 100))
OP(chmod_plain, chmod(p, 0600))
OP(chmod_suid, chmod(p, 04755))
OP(chmod_sgid, chmod(p, 02775))
OP(chmod_both, chmod(p, 06711))
OP(chown_self, chown(p, getuid(), -1))
OP(chown_other, chown(p, 5, -1))
OP(chown_team, chown(p, -1, TEAM))
OP(chown_own_group, chown(p, -1, getgid()))
OP(chown_other_group, chown(p, -1, 5))
OP(utimes_now, utimensat(AT_FDCWD, p, NULL, 0))
OP(utimes_set, utimensat(AT_FDCWD, p, long_ago, 0))
OP(utimes_one, utimensat(AT_FDCWD, p, only_mtime, 0))
OP(access_r, access(p, R_OK))
OP(access_w, access(p, W_OK))
OP(access_x, access(p, X_OK))

OP(set_user, setxattr(p, "user.new", "x", 1, 0))
OP(set_trusted, setxattr(p, "trusted.new", "x", 1, 0))
OP(set_security, setxattr(p, "security.new", "x", 1, 0))
OP(set_caps, setxattr(p, "security.capability", matrix_caps, sizeof(matrix_caps), 0))
OP(get_user, getxattr(p, "user.u", room, 16))
OP(get_trusted, getxattr(p, "trusted.t", room, 16))
OP(get_security, getxattr(p, "security.s", room, 16))
OP(get_acl, getxattr(p, "system.posix_acl_access", room, 100))
OP(list_names, listxattr(p, room, 200))
OP(list_size, listxattr(p, NULL, 0))
OP(remove_user, removexattr(p, "user.u"))
OP(remove_trusted, removexattr(p, "trusted.t"))
OP(remove_caps, removexattr(p, "security.capability"))
OP(remove_acl, removexattr(p, "system.posix_acl_access"))

static long setflag(const char *p, int flag)
{
	int fd = open(p, O_RDONLY | O_NONBLOCK | O_CLOEXEC), flags = 0, err;

	if (fd < 0)
		return -errno;
	err = ioctl(fd, FS_IOC_GETFLAGS, &flags);
	flags |= flag;
	if (!err)
		err = ioctl(fd, FS_IOC_SETFLAGS, &flags);
	if (err)
		err = -errno;
	close(fd);
	return err;
}

static long set_immutable(const char *p)
{
	return setflag(p, FS_IMMUTABLE_FL);
}

static long set_append(const char *p)
{
	return setflag(p, FS_APPEND_FL);
}

static long set_nodump(const char *p)
{
	return setflag(p, FS_NODUMP_FL);
}

/* The group that the ACL belongs to may be none of the caller's: then the setgid bit goes. */
static long set_acl(const char *p)
{
	struct acl acl = acl_make(7, 7, 1);

	return setxattr(p, "system.posix_acl_access", &acl, sizeof(acl), 0) ? -errno : 0;
}

static long set_default_acl(const char *p)
{
	struct acl acl = acl_make(6, 7, 0);

	return setxattr(p, "system.posix_acl_default", &acl, sizeof(acl), 0) ? -errno : 0;
}

static long map_and_store(const char *p)
{
	int fd = open(p, O_RDWR | O_CLOEXEC);
	char *map;

	if (fd < 0)
		return -errno;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	*map = 'M';
	msync(map, 4096, MS_SYNC);
	return munmap(map, 4096) ? -errno : 0;
}

static long link_it(const char *p)
{
	char to[64];

	/* The directory is root's: what counts is whether the link is allowed before that is looked at. */
	snprintf(to, sizeof(to), "open/%d", getpid());
	if (link(p, to))
		return -errno;
	return unlink(to) ? -errno : 0;
}

/* Of the link itself. */
OP(read_link, readlink(p, room, 16))
OP(lchown_other, lchown(p, 5, -1))
OP(lchown_team, lchown(p, -1, TEAM))
OP(lutimes_now, utimensat(AT_FDCWD, p, NULL, AT_SYMLINK_NOFOLLOW))
OP(lutimes_set, utimensat(AT_FDCWD, p, long_ago, AT_SYMLINK_NOFOLLOW))
OP(lset_user, lsetxattr(p, "user.new", "x", 1, 0))
OP(lset_trusted, lsetxattr(p, "trusted.new", "x", 1, 0))
OP(lget_trusted, lgetxattr(p, "trusted.t", room, 16))
OP(llist_names, llistxattr(p, room, 200))

#define ROW(name)	{ #name, name }

static const struct op opens[] = {
	ROW(open_r), ROW(open_w), ROW(open_rw), ROW(open_trunc), ROW(open_trunc_r), ROW(open_append), ROW(open_noatime),
	ROW(open_creat), ROW(read_it), ROW(write_it), ROW(write_none), ROW(append_it), ROW(lose_append), ROW(gain_noatime),
	ROW(ftruncate_same), ROW(ftruncate_short), ROW(fallocate_it), ROW(punch_it), ROW(truncate_zero), ROW(truncate_more),
};

/* A store into a mapping leaves capabilities where they are; a daemon that writes does not. */
static const struct op maps[] = {
	ROW(map_and_store),
};

static const struct op attrs[] = {
	ROW(fchmod_it), ROW(fchown_team), ROW(futimens_now), ROW(chmod_plain), ROW(chmod_suid), ROW(chmod_sgid),
	ROW(chmod_both), ROW(chown_self), ROW(chown_other), ROW(chown_team), ROW(chown_own_group), ROW(chown_other_group),
	ROW(utimes_now), ROW(utimes_set), ROW(utimes_one), ROW(access_r), ROW(access_w), ROW(access_x),
	ROW(getflags), ROW(set_immutable), ROW(set_append), ROW(set_nodump), ROW(link_it),
};

static const struct op xattrs[] = {
	ROW(set_user), ROW(set_trusted), ROW(set_security), ROW(set_caps), ROW(set_acl), ROW(set_default_acl), ROW(get_user),
	ROW(get_trusted), ROW(get_security), ROW(get_acl), ROW(list_names), ROW(list_size), ROW(remove_user),
	ROW(remove_trusted), ROW(remove_caps), ROW(remove_acl),
};

static const struct op link_ops[] = {
	ROW(open_r), ROW(open_creat), ROW(read_link), ROW(lchown_other), ROW(lchown_team), ROW(lutimes_now), ROW(lutimes_set),
	ROW(lset_user), ROW(lset_trusted), ROW(lget_trusted), ROW(llist_names),
};

static void more_xattrs(const char *path)
{
	CHECK(!setxattr(path, "user.u", "user", 4, 0) && !setxattr(path, "trusted.t", "trust", 5, 0) &&
	      !setxattr(path, "security.s", "secure", 6, 0), "%s", path);
}

static void more_trusted(const char *path)
{
	CHECK(!lsetxattr(path, "trusted.t", "trust", 5, 0), "%s", path);
}

static void more_caps(const char *path)
{
	CHECK(!setxattr(path, "security.capability", matrix_caps, sizeof(matrix_caps), 0), "%s", path);
}

static void give_acl(const char *path, unsigned int named, unsigned int mask)
{
	struct acl acl = acl_make(named, mask, 0);

	CHECK(!setxattr(path, "system.posix_acl_access", &acl, sizeof(acl), 0), "%s", path);
}

static void more_acl(const char *path)
{
	give_acl(path, 6, 7);
}

static void more_masked_acl(const char *path)
{
	give_acl(path, 7, 4);
}

static void more_acl_setid(const char *path)
{
	struct acl acl = acl_make(7, 7, 5);

	CHECK(!setxattr(path, "system.posix_acl_access", &acl, sizeof(acl), 0) && !chmod(path, 06775), "%s", path);
}

/* A file and a directory with all that may be lost. */
static const struct object usual[] = {
	{ "file-acl-setid", S_IFREG | 0775, OWNER, TEAM, more_acl_setid },
	{ "dir-02775", S_IFDIR | 02775, OWNER, TEAM, more_acl },
};

/* These take minutes: for LONG=1. */
static const struct object others[] = {
	{ "file-0644", S_IFREG | 0644, OWNER, TEAM, more_xattrs },
	{ "file-0600", S_IFREG | 0600, OWNER, TEAM, more_xattrs },
	{ "file-0444", S_IFREG | 0444, OWNER, TEAM, NULL },
	{ "file-0000", S_IFREG | 0000, OWNER, TEAM, more_xattrs },
	{ "file-0666", S_IFREG | 0666, OWNER, TEAM, more_xattrs },
	{ "file-0670", S_IFREG | 0670, OWNER, TEAM, NULL },
	{ "file-04777", S_IFREG | 04777, OWNER, TEAM, NULL },
	{ "file-02777", S_IFREG | 02777, OWNER, TEAM, NULL },
	{ "file-06777", S_IFREG | 06777, OWNER, TEAM, more_xattrs },
	{ "file-06777-root", S_IFREG | 06777, 0, 0, NULL },
	{ "file-caps", S_IFREG | 0777, OWNER, TEAM, more_caps },
	{ "file-acl", S_IFREG | 0600, OWNER, TEAM, more_acl },
	{ "file-acl-masked", S_IFREG | 0600, OWNER, TEAM, more_masked_acl },
	{ "dir-0755", S_IFDIR | 0755, OWNER, TEAM, more_xattrs },
	{ "dir-01777", S_IFDIR | 01777, OWNER, TEAM, NULL },
};
/* For whom this bit stays depends on groups that a daemon which writes does not know. */
static const struct object setgid_only = { "file-02666", S_IFREG | 02666, OWNER, TEAM, NULL };
static const struct object symbolic = { "link", S_IFLNK | 0777, OWNER, TEAM, more_trusted };

#define MATRIX(object, ops)	matrix_run(object, ops, sizeof(ops) / sizeof(*(ops)))

static void all_of(const struct object *object)
{
	MATRIX(object, opens);
	MATRIX(object, attrs);
	MATRIX(object, xattrs);
	if (compare_passthrough)
		MATRIX(object, maps);
}

static void steps(void)
{
	unsigned int i;

	umask(0);
	CHECK(!mkdir("open", 0777), "a directory");
	umask(022);
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		all_of(&usual[i]);
	if (!getenv("LONG"))
		return;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		all_of(&others[i]);
	if (compare_passthrough)
		all_of(&setgid_only);
	MATRIX(&symbolic, link_ops);
}

/* The daemon's own way takes many minutes. */
bool compare_short = true;

COMPARE_MAIN(steps)
