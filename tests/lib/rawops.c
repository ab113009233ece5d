// SPDX-License-Identifier: GPL-2.0-only
/*
 * The usual answers of the daemon for tests, out of its tree: attributes, and the table of all. Names are rawnames.c's,
 * data and handles rawdata.c's, xattrs rawxattr.c's. Each takes the lock while it looks and changes, and replies
 * without it.
 */
#include <sys/stat.h>

#include "rawfuse_i.h"

static int reply_attr(struct raw_req *req)
{
	struct fuse_attr_out out;

	raw_lock(req->rf);
	raw_fill_attr(req->rf, this_node(req), &out);
	raw_unlock(req->rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_setattr(struct raw_req *req)
{
	const struct fuse_setattr_in *in = req->arg;
	struct raw_node *node;

	raw_lock(req->rf);
	node = this_node(req);
	if (in->valid & FATTR_SIZE)
		tree_resize(node, in->size);
	tree_touch(node);
	if (in->valid & FATTR_MODE)
		node->attr.mode = (node->attr.mode & S_IFMT) | (in->mode & 07777);
	if (in->valid & FATTR_UID)
		node->attr.uid = in->uid;
	if (in->valid & FATTR_GID)
		node->attr.gid = in->gid;
	if (in->valid & FATTR_ATIME) {
		node->attr.atime = in->atime;
		node->attr.atimensec = in->atimensec;
	}
	if (in->valid & FATTR_MTIME) {
		node->attr.mtime = in->mtime;
		node->attr.mtimensec = in->mtimensec;
	}
	if (in->valid & FATTR_CTIME) {
		node->attr.ctime = in->ctime;
		node->attr.ctimensec = in->ctimensec;
	}
	raw_unlock(req->rf);
	return reply_attr(req);
}

static int do_readlink(struct raw_req *req)
{
	struct raw_node *node = this_node(req);

	raw_reply(req, 0, node->data, node->attr.size);
	return RAW_DONE;
}

static int do_statfs(struct raw_req *req)
{
	struct fuse_statfs_out out = {
		.st = { .blocks = 1000000, .bfree = 500000, .bavail = 400000, .files = 10000, .ffree = 9000,
			.bsize = 4096, .namelen = 255, .frsize = 4096 },
	};

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int (* const ops[RAW_OPCODES])(struct raw_req *req) = {
	[FUSE_LOOKUP] = ops_lookup, [FUSE_GETATTR] = reply_attr, [FUSE_SETATTR] = do_setattr,
	[FUSE_READLINK] = do_readlink, [FUSE_SYMLINK] = ops_symlink, [FUSE_MKNOD] = ops_mknod,
	[FUSE_MKDIR] = ops_mkdir, [FUSE_UNLINK] = ops_unlink, [FUSE_RMDIR] = ops_unlink,
	[FUSE_RENAME] = ops_rename, [FUSE_RENAME2] = ops_rename, [FUSE_LINK] = ops_link, [FUSE_OPEN] = ops_open,
	[FUSE_READ] = ops_read, [FUSE_WRITE] = ops_write, [FUSE_STATFS] = do_statfs, [FUSE_RELEASE] = reply_ok,
	[FUSE_FSYNC] = reply_ok, [FUSE_SETXATTR] = ops_setxattr, [FUSE_GETXATTR] = ops_getxattr,
	[FUSE_LISTXATTR] = ops_listxattr, [FUSE_REMOVEXATTR] = ops_removexattr, [FUSE_FLUSH] = reply_ok,
	[FUSE_OPENDIR] = ops_open, [FUSE_READDIR] = ops_readdir, [FUSE_READDIRPLUS] = ops_readdir,
	[FUSE_RELEASEDIR] = reply_ok, [FUSE_FSYNCDIR] = reply_ok, [FUSE_GETLK] = ops_getlk,
	[FUSE_SETLK] = reply_ok, [FUSE_SETLKW] = reply_ok, [FUSE_ACCESS] = reply_ok, [FUSE_CREATE] = ops_create,
	[FUSE_TMPFILE] = ops_tmpfile, [FUSE_BMAP] = ops_bmap, [FUSE_DESTROY] = reply_ok, [FUSE_IOCTL] = ops_ioctl,
	[FUSE_POLL] = ops_poll, [FUSE_FALLOCATE] = ops_fallocate, [FUSE_LSEEK] = ops_lseek,
	[FUSE_COPY_FILE_RANGE] = ops_copy_file_range, [FUSE_SYNCFS] = reply_ok,
};

int ops_default(struct raw_req *req)
{
	if (req->in->opcode >= RAW_OPCODES || !ops[req->in->opcode] || !this_node(req))
		return -ENOSYS;
	return ops[req->in->opcode](req);
}
