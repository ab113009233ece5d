// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations on names: look up, create, link, rename, remove.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *fd_path(struct fd_path *p, int fd)
{
	snprintf(p->name, sizeof(p->name), "/proc/self/fd/%d", fd);
	return p->name;
}

void entry_fill(struct fuse_entry_param *e, const struct node *n, const struct stat *st)
{
	memset(e, 0, sizeof(*e));
	e->ino = n->id;
	e->attr = *st;
	e->attr_timeout = mirror.attr_timeout;
	e->entry_timeout = mirror.entry_timeout;
}

/* Answers with a node that node_find() has found; a reply that does not arrive counts no lookup. */
static void reply_node(fuse_req_t req, const struct node *n, const struct stat *st)
{
	struct fuse_entry_param e;

	entry_fill(&e, n, st);
	if (fuse_reply_entry(req, &e))
		node_forget(e.ino, 1);
}

/* Answers with the node of a name. */
static void reply_name(fuse_req_t req, struct node *dir, const char *name, double negative)
{
	struct fuse_entry_param e = { .entry_timeout = negative };
	struct node *n;
	struct stat st;
	int err = node_find(dir, name, -1, &n, &st);

	if (err == -ENOENT && negative > 0)
		fuse_reply_entry(req, &e);
	else if (err)
		fuse_reply_err(req, -err);
	else
		reply_node(req, n, &st);
}

/* Where names are made for their reader: is it there for this caller?  0 or an error number. */
static int look(const struct node *dir, const char *name)
{
	struct stat st;

	return mirror.made_when_read && fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) ? errno : 0;
}

void mirror_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *dir = node_get(parent, "LOOKUP");
	int err;

	if (!dir) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	err = look(dir, name);
	if (err)
		fuse_reply_err(req, err);
	else
		reply_name(req, dir, name, mirror.negative_timeout);
	node_put(dir);
}

void mirror_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	node_forget(ino, nlookup);
	fuse_reply_none(req);
}

void mirror_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	size_t i;

	for (i = 0; i < count; i++)
		node_forget(forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

void mirror_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct node *n = node_get(ino, "READLINK");
	char target[PATH_MAX + 1];
	ssize_t len;

	if (!n) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	len = readlinkat(n->fd, "", target, sizeof(target));
	if (len < 0) {
		fuse_reply_err(req, errno);
	} else if (len == sizeof(target)) {
		fuse_reply_err(req, ENAMETOOLONG);
	} else {
		target[len] = '\0';
		fuse_reply_readlink(req, target);
	}
	node_put(n);
}

/* The directory of a request that changes a name. */
static struct node *dir_begin(fuse_req_t req, fuse_ino_t parent, const char *op)
{
	struct node *dir = node_get(parent, op);

	if (!dir)
		fuse_reply_err(req, ESTALE);
	return dir;
}

static void dir_end(fuse_req_t req, struct node *dir, const char *name, int err)
{
	if (err)
		fuse_reply_err(req, err);
	else
		reply_name(req, dir, name, 0);
	node_put(dir);
}

/*
 * The name may be another file's when it is looked up.  With passthrough this
 * and an OPEN are how a file is created: see file_keep().
 */
static void make_file(fuse_req_t req, struct node *dir, const char *name, mode_t mode)
{
	int access = mirror.backing ? O_RDWR : O_RDONLY;
	int fd = openat(dir->fd, name, access | O_CREAT | O_EXCL | O_CLOEXEC, mode & ALLPERMS);
	struct node *n;
	struct stat st;
	int err;

	err = fd < 0 ? -errno : node_find(dir, name, fd, &n, &st);
	if (err) {
		fuse_reply_err(req, -err);
		if (fd >= 0)
			close(fd);
	} else {
		file_keep(req, n, fd);
		reply_node(req, n, &st);
	}
	node_put(dir);
}

void mirror_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct node *dir = dir_begin(req, parent, "MKNOD");

	if (!dir)
		return;
	if (S_ISREG(mode))
		make_file(req, dir, name, mode);
	else
		dir_end(req, dir, name, mknodat(dir->fd, name, mode, rdev) ? errno : 0);
}

void mirror_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct node *dir = dir_begin(req, parent, "MKDIR");

	if (dir)
		dir_end(req, dir, name, mkdirat(dir->fd, name, mode) ? errno : 0);
}

void mirror_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct node *dir = dir_begin(req, parent, "SYMLINK");

	if (dir)
		dir_end(req, dir, name, symlinkat(target, dir->fd, name) ? errno : 0);
}

void mirror_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct node *n = node_get(ino, "LINK"), *dir;
	struct fd_path p;

	if (!n) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	dir = dir_begin(req, newparent, "LINK");
	/* AT_EMPTY_PATH would need a capability.  A symbolic link that the path leads to is not followed. */
	if (dir)
		dir_end(req, dir, newname,
			linkat(AT_FDCWD, fd_path(&p, n->fd), dir->fd, newname, AT_SYMLINK_FOLLOW) ? errno : 0);
	node_put(n);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name, int flags,
			const char *op)
{
	struct node *dir = dir_begin(req, parent, op);

	if (!dir)
		return;
	fuse_reply_err(req, unlinkat(dir->fd, name, flags) ? errno : 0);
	node_put(dir);
}

void mirror_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, 0, "UNLINK");
}

void mirror_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, AT_REMOVEDIR, "RMDIR");
}

void mirror_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
		   const char *newname, unsigned int flags)
{
	struct node *from = dir_begin(req, parent, "RENAME"), *to;

	if (!from)
		return;
	to = dir_begin(req, newparent, "RENAME");
	if (to) {
		fuse_reply_err(req, renameat2(from->fd, name, to->fd, newname, flags) ? errno : 0);
		node_put(to);
	}
	node_put(from);
}
