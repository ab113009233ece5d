// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations on attributes: stat, change, extended attributes and ACLs,
 * inode flags, and the file system's own figures.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/xattr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The node of a request, or an answer that there is none. */
static struct node *node_begin(fuse_req_t req, fuse_ino_t ino, const char *op)
{
	struct node *n = node_get(ino, op);

	if (!n)
		fuse_reply_err(req, ESTALE);
	return n;
}

/* @hide: bits of the mode that a write will clear, see mode_goes_with_write(). */
static void reply_attr(fuse_req_t req, struct node *n, mode_t hide)
{
	struct stat st;

	if (fstat(n->fd, &st)) {
		fuse_reply_err(req, errno);
		return;
	}
	st.st_mode &= ~hide;
	fuse_reply_attr(req, &st, mirror.attr_timeout);
}

void mirror_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *n = node_begin(req, ino, "GETATTR");

	(void)fi;
	if (!n)
		return;
	reply_attr(req, n, 0);
	node_put(n);
}

static int set_times(struct node *n, const struct stat *attr, int valid)
{
	struct timespec ts[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	if (valid & FUSE_SET_ATTR_ATIME_NOW)
		ts[0].tv_nsec = UTIME_NOW;
	else if (valid & FUSE_SET_ATTR_ATIME)
		ts[0] = attr->st_atim;
	if (valid & FUSE_SET_ATTR_MTIME_NOW)
		ts[1].tv_nsec = UTIME_NOW;
	else if (valid & FUSE_SET_ATTR_MTIME)
		ts[1] = attr->st_mtim;
	return utimensat(n->fd, "", ts, AT_EMPTY_PATH);
}

#define SET_OTHER	(FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_SIZE)
#define SET_ID		(S_ISUID | S_ISGID)

/*
 * Before it writes for a caller that is not the owner, the kernel clears the set-id
 * bits.  Such a caller may not do that below, and need not, because the write does it
 * there.  So the kernel is told that they are cleared, and nothing is done.  A caller's
 * own chmod() is no such change.
 */
static bool mode_goes_with_write(mode_t mode, const struct stat *st, mode_t *hide)
{
	mode_t gone = (st->st_mode ^ mode) & ALLPERMS;

	if (!creds_asks_for_kill() || gone & ~SET_ID || mode & gone)
		return false;
	*hide = gone;
	return true;
}

static int set_mode(struct node *n, mode_t mode, int valid, mode_t *hide)
{
	struct fd_path p;
	struct stat st;
	int err;

	/* A change of owner or size has cleared below what the kernel would have cleared by this. */
	if (valid & SET_OTHER && !fstat(n->fd, &st) && !((st.st_mode ^ mode) & ALLPERMS))
		return 0;
	if (!chmod(fd_path(&p, n->fd), mode & ALLPERMS))
		return 0;
	err = -errno;
	if (err != -EPERM || valid & SET_OTHER || fstat(n->fd, &st))
		return err;
	return mode_goes_with_write(mode, &st, hide) ? 0 : err;
}

/* truncate() would wait for a lease. */
static int set_size_of_node(struct node *n, off_t size)
{
	struct fd_path p;
	int fd = open_at_once(fd_path(&p, n->fd), O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = ftruncate(fd, size) ? -errno : 0;
	close(fd);
	return err;
}

static int set_size(struct node *n, off_t size, struct fuse_file_info *fi)
{
	if (!fi)
		return set_size_of_node(n, size);
	return ftruncate(file_handle_fd(fi), size) ? -errno : 0;
}

/* A truncation sets them to now, also for callers that may not set times. */
static int times_left(int valid)
{
	int now = FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW;

	return valid & FUSE_SET_ATTR_SIZE && valid & FUSE_SET_ATTR_MTIME_NOW ? valid & ~now : valid;
}

/* The order matters: a change of owner or size may clear bits that the mode then states. */
static int set_attr(struct node *n, const struct stat *attr, int valid, struct fuse_file_info *fi,
		    mode_t *hide)
{
	int err;

	if (valid & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		uid_t uid = valid & FUSE_SET_ATTR_UID ? attr->st_uid : (uid_t)-1;
		gid_t gid = valid & FUSE_SET_ATTR_GID ? attr->st_gid : (gid_t)-1;

		if (fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH))
			return -errno;
	}
	if (valid & FUSE_SET_ATTR_SIZE) {
		err = set_size(n, attr->st_size, fi);
		if (err)
			return err;
		valid = times_left(valid);
	}
	if (valid & FUSE_SET_ATTR_MODE) {
		err = set_mode(n, attr->st_mode, valid, hide);
		if (err)
			return err;
	}
	if (valid & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW |
		     FUSE_SET_ATTR_MTIME_NOW)) {
		if (set_times(n, attr, valid))
			return -errno;
	}
	return 0;
}

void mirror_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int valid,
		    struct fuse_file_info *fi)
{
	struct node *n = node_begin(req, ino, "SETATTR");
	mode_t hide = 0;
	int err;

	if (!n)
		return;
	err = set_attr(n, attr, valid, fi, &hide);
	if (err == -EWOULDBLOCK && !fi && lease_wait_setattr(req, ino, attr, valid)) {
		node_put(n);
		return;
	}
	if (err)
		fuse_reply_err(req, -err);
	else
		reply_attr(req, n, hide);
	node_put(n);
}

void mirror_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct node *n = node_begin(req, ino, "STATFS");
	struct statvfs st;

	if (!n)
		return;
	if (fstatvfs(n->fd, &st))
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &st);
	node_put(n);
}

void mirror_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		     size_t size, int flags)
{
	struct node *n = node_begin(req, ino, "SETXATTR");
	struct fd_path p;

	if (!n)
		return;
	fuse_reply_err(req, setxattr(fd_path(&p, n->fd), name, value, size, flags) ? errno : 0);
	node_put(n);
}

/*
 * The kernel refuses it to a caller without CAP_SETFCAP.  If such a request comes
 * nevertheless, the kernel is about to write, truncate or chown for the caller, which
 * removes the file's capabilities below.  A caller with the capability in another user
 * namespace may have asked itself, and must get the error.
 */
static bool goes_with_write(fuse_req_t req, const char *name, int err)
{
	return err == EPERM && !strcmp(name, XATTR_NAME_CAPS) && creds_caller_is_near(req);
}

void mirror_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct node *n = node_begin(req, ino, "REMOVEXATTR");
	struct fd_path p;
	int err;

	if (!n)
		return;
	err = removexattr(fd_path(&p, n->fd), name) ? errno : 0;
	fuse_reply_err(req, goes_with_write(req, name, err) ? 0 : err);
	node_put(n);
}

static bool is_acl(const char *name)
{
	return !strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) || !strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT);
}

/*
 * On an idmapped mount Linux 6.1 maps the ids in an ACL only if the buffer has the size
 * of an ACL: 4 bytes, and 8 for each entry.
 */
static size_t acl_room(const char *name, size_t size)
{
	if (size < 4 || !is_acl(name))
		return size;
	return size - (size - 4) % 8;
}

/*
 * The kernel asks for ACLs when it checks a caller, and takes an error for the result of
 * the check.  A file system without ACLs must not cause a refusal.
 */
static int getxattr_error(const char *name, int err)
{
	return err == EOPNOTSUPP && is_acl(name) ? ENODATA : err;
}

void mirror_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct node *n = node_begin(req, ino, "GETXATTR");
	char *value = NULL;
	struct fd_path p;
	ssize_t len;

	if (!n)
		return;
	if (size)
		value = malloc(size);
	if (size && !value) {
		fuse_reply_err(req, ENOMEM);
		node_put(n);
		return;
	}
	len = getxattr(fd_path(&p, n->fd), name, value, acl_room(name, size));
	if (len < 0)
		fuse_reply_err(req, getxattr_error(name, errno));
	else if (!size)
		fuse_reply_xattr(req, len);
	else
		fuse_reply_buf(req, value, len);
	free(value);
	node_put(n);
}

void mirror_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct node *n = node_begin(req, ino, "LISTXATTR");
	struct fd_path p;
	ssize_t len;
	char *list;

	if (!n)
		return;
	list = malloc(XATTR_LIST_MAX);
	len = list ? listxattr(fd_path(&p, n->fd), list, XATTR_LIST_MAX) : -1;
	if (len < 0)
		fuse_reply_err(req, errno);
	else if (!size)
		fuse_reply_xattr(req, len);
	else if ((size_t)len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, list, len);
	free(list);
	node_put(n);
}

/* Inode flags (chattr, lsattr, project ids): plain structures, no pointers in them. */
void mirror_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		  struct fuse_file_info *fi, unsigned int flags, const void *in_buf,
		  size_t in_size, size_t out_size)
{
	union {
		long flags;
		struct fsxattr xattr;
	} buf = { 0 };
	int fd = flags & FUSE_IOCTL_DIR ? dir_handle_fd(fi) : file_handle_fd(fi);
	int ret;

	(void)ino;
	(void)arg;
	switch (cmd) {
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSGETXATTR:
	case FS_IOC_FSSETXATTR:
		break;
	default:
		fuse_reply_err(req, ENOTTY);
		return;
	}
	if (in_size > sizeof(buf) || out_size > sizeof(buf)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (in_size)
		memcpy(&buf, in_buf, in_size);
	ret = ioctl(fd, cmd, &buf);
	if (ret < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_ioctl(req, ret, &buf, out_size);
}
