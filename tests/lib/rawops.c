// SPDX-License-Identifier: GPL-2.0-only
/*
 * The usual answers of the daemon for tests, out of its tree. Each takes the lock while it looks and changes, and
 * replies without it.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse_i.h"

/* A reply that makes @node known; CREATE and TMPFILE have a handle too. */
static int reply_entry(struct raw_req *req, struct raw_node *node, bool opened)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = { .open.fh = node->id, .open.open_flags = node->open_flags };
	size_t len = opened ? sizeof(out) : sizeof(out.entry);
	uint64_t id = node->id;

	raw_lock(req->rf);
	raw_fill_entry(req->rf, node, &out.entry);
	raw_unlock(req->rf);
	raw_reply_nodes(req, &out, len, &id, 1);
	return RAW_DONE;
}

static int reply_attr(struct raw_req *req)
{
	struct fuse_attr_out out;

	raw_lock(req->rf);
	raw_fill_attr(req->rf, this_node(req), &out);
	raw_unlock(req->rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_lookup(struct raw_req *req)
{
	struct rawfuse *rf = req->rf;
	struct fuse_entry_out none = {};
	struct raw_name *name;
	struct raw_node *node = NULL;
	uint64_t ns = rf->opts.negative_ns;

	raw_lock(rf);
	name = tree_name(rf, req->in->nodeid, req->arg);
	if (name)
		node = tree_node(rf, name->node);
	raw_unlock(rf);
	if (node)
		return reply_entry(req, node, false);
	if (!ns)
		return -ENOENT;
	if (ns != RAW_NEG_ZERO) {
		none.entry_valid = ns / RAW_SEC;
		none.entry_valid_nsec = ns % RAW_SEC;
	}
	raw_reply(req, 0, &none, sizeof(none));
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

/* MKNOD, MKDIR, SYMLINK, CREATE, TMPFILE: a new node, with a name unless it is NULL. */
static int make(struct raw_req *req, const char *name, mode_t mode, bool opened, const char *target, uint32_t rdev)
{
	struct rawfuse *rf = req->rf;
	struct raw_node *node;

	raw_lock(rf);
	if (name && tree_name(rf, req->in->nodeid, name)) {
		raw_unlock(rf);
		return -EEXIST;
	}
	node = tree_new(rf, mode);
	node->attr.uid = req->in->uid;
	node->attr.gid = req->in->gid;
	node->attr.rdev = rdev;
	if (target) {
		tree_resize(node, strlen(target));
		memcpy(node->data, target, strlen(target));
	}
	tree_touch(node);
	if (name)
		tree_add(rf, req->in->nodeid, name, node);
	tree_touch(this_node(req));
	raw_unlock(rf);
	return reply_entry(req, node, opened);
}

static int do_mknod(struct raw_req *req)
{
	const struct fuse_mknod_in *in = req->arg;

	return make(req, (const char *)(in + 1), in->mode, false, NULL, in->rdev);
}

static int do_mkdir(struct raw_req *req)
{
	const struct fuse_mkdir_in *in = req->arg;

	return make(req, (const char *)(in + 1), S_IFDIR | in->mode, false, NULL, 0);
}

static int do_symlink(struct raw_req *req)
{
	const char *name = req->arg;

	return make(req, name, S_IFLNK | 0777, false, name + strlen(name) + 1, 0);
}

static int do_create(struct raw_req *req)
{
	const struct fuse_create_in *in = req->arg;

	return make(req, (const char *)(in + 1), in->mode, true, NULL, 0);
}

static int do_tmpfile(struct raw_req *req)
{
	const struct fuse_create_in *in = req->arg;

	return make(req, NULL, in->mode, true, NULL, 0);
}

static int do_unlink(struct raw_req *req)
{
	struct rawfuse *rf = req->rf;
	struct raw_name *name;
	int err = 0;

	raw_lock(rf);
	name = tree_name(rf, req->in->nodeid, req->arg);
	if (!name) {
		err = -ENOENT;
	} else if (req->in->opcode == FUSE_RMDIR && !tree_empty(rf, name->node)) {
		err = -ENOTEMPTY;
	} else {
		tree_touch(tree_node(rf, name->node));
		tree_touch(this_node(req));
		tree_del(rf, name);
	}
	raw_unlock(rf);
	return err ?: reply_ok(req);
}

static int rename_names(struct rawfuse *rf, uint64_t from_dir, const char *from, uint64_t to_dir, const char *to,
			uint32_t flags)
{
	struct raw_name *old = tree_name(rf, from_dir, from), *new = tree_name(rf, to_dir, to);
	struct raw_node *node;

	if (!old)
		return -ENOENT;
	if (new && flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		uint64_t id = old->node;

		if (!new)
			return -ENOENT;
		old->node = new->node;
		new->node = id;
		return 0;
	}
	if (new && S_ISDIR(tree_node(rf, new->node)->attr.mode) && !tree_empty(rf, new->node))
		return -ENOTEMPTY;
	if (new && new->node == old->node)
		return 0;
	if (new) {
		tree_touch(tree_node(rf, new->node));
		tree_del(rf, new);
	}
	/* tree_add() may move the list of names. */
	node = tree_node(rf, old->node);
	old->gone = true;
	if (S_ISDIR(node->attr.mode))
		tree_node(rf, from_dir)->attr.nlink--;
	else
		node->attr.nlink--;
	tree_add(rf, to_dir, to, node);
	tree_touch(node);
	tree_touch(tree_node(rf, from_dir));
	tree_touch(tree_node(rf, to_dir));
	return 0;
}

static int do_rename(struct raw_req *req)
{
	const struct fuse_rename2_in *in2 = req->arg;
	const struct fuse_rename_in *in = req->arg;
	bool two = req->in->opcode == FUSE_RENAME2;
	const char *from = two ? (const char *)(in2 + 1) : (const char *)(in + 1);
	int err;

	raw_lock(req->rf);
	err = rename_names(req->rf, req->in->nodeid, from, in->newdir, from + strlen(from) + 1,
			   two ? in2->flags : 0);
	raw_unlock(req->rf);
	return err ?: reply_ok(req);
}

static int do_link(struct raw_req *req)
{
	const struct fuse_link_in *in = req->arg;
	struct raw_node *node = raw_node(req->rf, in->oldnodeid);
	const char *name = (const char *)(in + 1);

	raw_lock(req->rf);
	if (tree_name(req->rf, req->in->nodeid, name)) {
		raw_unlock(req->rf);
		return -EEXIST;
	}
	tree_add(req->rf, req->in->nodeid, name, node);
	tree_touch(node);
	tree_touch(this_node(req));
	raw_unlock(req->rf);
	return reply_entry(req, node, false);
}

static int do_open(struct raw_req *req)
{
	const struct fuse_open_in *in = req->arg;
	struct raw_node *node = this_node(req);
	struct fuse_open_out out = { .fh = req->in->nodeid, .open_flags = node->open_flags };

	raw_lock(req->rf);
	if (req->in->opcode == FUSE_OPEN && in->flags & O_TRUNC) {
		tree_resize(node, 0);
		tree_touch(node);
	}
	raw_unlock(req->rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_read(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	struct raw_node *node;
	uint64_t size = 0;
	char *buf;

	raw_lock(req->rf);
	node = this_node(req);
	if (in->offset < node->attr.size)
		size = node->attr.size - in->offset;
	if (size > in->size)
		size = in->size;
	buf = malloc(size + 1);
	if (size)
		memcpy(buf, node->data + in->offset, size);
	raw_unlock(req->rf);
	raw_reply(req, 0, buf, size);
	free(buf);
	return RAW_DONE;
}

static int do_write(struct raw_req *req)
{
	const struct fuse_write_in *in = req->arg;
	size_t head = req->rf->minor < 9 ? FUSE_COMPAT_WRITE_IN_SIZE : sizeof(*in);
	struct fuse_write_out out = { .size = in->size };
	struct raw_node *node;

	raw_lock(req->rf);
	node = this_node(req);
	if (in->offset + in->size > node->attr.size)
		tree_resize(node, in->offset + in->size);
	memcpy(node->data + in->offset, (const char *)req->arg + head, in->size);
	tree_touch(node);
	raw_unlock(req->rf);
	raw_reply(req, 0, &out, sizeof(out));
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

/* One entry of a listing at @buf; returns its padded size, 0 where there is no room. */
static size_t put_entry(struct raw_req *req, char *buf, size_t room, struct raw_node *node, const char *name,
			uint64_t off)
{
	bool plus = req->in->opcode == FUSE_READDIRPLUS;
	size_t head = plus ? sizeof(struct fuse_entry_out) : 0;
	size_t len = FUSE_DIRENT_ALIGN(head + FUSE_NAME_OFFSET + strlen(name));
	struct fuse_dirent *d = (void *)(buf + head);

	if (len > room)
		return 0;
	memset(buf, 0, len);
	if (plus && off > 2)
		raw_fill_entry(req->rf, node, (void *)buf);
	d->ino = node->attr.ino;
	d->off = off;
	d->namelen = strlen(name);
	d->type = (node->attr.mode & S_IFMT) >> 12;
	memcpy(d->name, name, strlen(name));
	return len;
}

/* Offset 1 is behind ".", 2 behind "..", n + 3 behind name n. */
static int do_readdir(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	struct rawfuse *rf = req->rf;
	uint64_t nodes[512], off = in->offset, n = 0;
	size_t len = 0, add = 1;
	char *buf = malloc(in->size);

	raw_lock(rf);
	for (; off < 2 && add; off += !!add, len += add)
		add = put_entry(req, buf + len, in->size - len, this_node(req), off ? ".." : ".", off + 1);
	for (; add && off - 2 < rf->nnames && n < 512; off++) {
		struct raw_name *name = &rf->names[off - 2];

		if (name->gone || name->parent != req->in->nodeid)
			continue;
		add = put_entry(req, buf + len, in->size - len, tree_node(rf, name->node), name->name, off + 1);
		if (add)
			nodes[n++] = name->node;
		len += add;
	}
	raw_unlock(rf);
	raw_reply_nodes(req, buf, len, nodes, req->in->opcode == FUSE_READDIRPLUS ? n : 0);
	free(buf);
	return RAW_DONE;
}

static int do_getlk(struct raw_req *req)
{
	struct fuse_lk_out out = { .lk.type = F_UNLCK };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_bmap(struct raw_req *req)
{
	const struct fuse_bmap_in *in = req->arg;
	struct fuse_bmap_out out = { .block = in->block + 1000 };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

/* Gives back what it got, each byte plus one. */
static int do_ioctl(struct raw_req *req)
{
	const struct fuse_ioctl_in *in = req->arg;
	struct {
		struct fuse_ioctl_out head;
		char data[16384];
	} out = { .head.result = 0 };
	uint32_t i, n = in->out_size < sizeof(out.data) ? in->out_size : sizeof(out.data);

	for (i = 0; i < n && i < in->in_size; i++)
		out.data[i] = ((const char *)(in + 1))[i] + 1;
	raw_reply(req, 0, &out, sizeof(out.head) + n);
	return RAW_DONE;
}

static int do_poll(struct raw_req *req)
{
	const struct fuse_poll_in *in = req->arg;
	struct fuse_poll_out out = { .revents = in->events & 5 };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_fallocate(struct raw_req *req)
{
	const struct fuse_fallocate_in *in = req->arg;
	struct raw_node *node;

	raw_lock(req->rf);
	node = this_node(req);
	if (in->mode & 2 /* punch a hole */) {
		uint64_t end = in->offset + in->length;

		if (end > node->attr.size)
			end = node->attr.size;
		if (in->offset < end)
			memset(node->data + in->offset, 0, end - in->offset);
	} else if (!(in->mode & 1 /* keep the size */) && in->offset + in->length > node->attr.size) {
		tree_resize(node, in->offset + in->length);
	}
	tree_touch(node);
	raw_unlock(req->rf);
	return reply_ok(req);
}

static int do_lseek(struct raw_req *req)
{
	const struct fuse_lseek_in *in = req->arg;
	struct fuse_lseek_out out = { .offset = in->whence == SEEK_DATA ? in->offset : this_node(req)->attr.size };

	if (in->offset >= this_node(req)->attr.size)
		return -ENXIO;
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int do_copy_file_range(struct raw_req *req)
{
	const struct fuse_copy_file_range_in *in = req->arg;
	struct fuse_write_out out = {};
	struct raw_node *from, *to;
	uint64_t len = in->len;

	raw_lock(req->rf);
	from = this_node(req);
	to = tree_node(req->rf, in->nodeid_out);
	if (in->off_in >= from->attr.size)
		len = 0;
	else if (in->off_in + len > from->attr.size)
		len = from->attr.size - in->off_in;
	if (in->off_out + len > to->attr.size)
		tree_resize(to, in->off_out + len);
	if (len)
		memmove(to->data + in->off_out, from->data + in->off_in, len);
	tree_touch(to);
	raw_unlock(req->rf);
	out.size = len;
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int (* const ops[RAW_OPCODES])(struct raw_req *req) = {
	[FUSE_LOOKUP] = do_lookup, [FUSE_GETATTR] = reply_attr, [FUSE_SETATTR] = do_setattr,
	[FUSE_READLINK] = do_readlink, [FUSE_SYMLINK] = do_symlink, [FUSE_MKNOD] = do_mknod,
	[FUSE_MKDIR] = do_mkdir, [FUSE_UNLINK] = do_unlink, [FUSE_RMDIR] = do_unlink,
	[FUSE_RENAME] = do_rename, [FUSE_RENAME2] = do_rename, [FUSE_LINK] = do_link, [FUSE_OPEN] = do_open,
	[FUSE_READ] = do_read, [FUSE_WRITE] = do_write, [FUSE_STATFS] = do_statfs, [FUSE_RELEASE] = reply_ok,
	[FUSE_FSYNC] = reply_ok, [FUSE_SETXATTR] = ops_setxattr, [FUSE_GETXATTR] = ops_getxattr,
	[FUSE_LISTXATTR] = ops_listxattr, [FUSE_REMOVEXATTR] = ops_removexattr, [FUSE_FLUSH] = reply_ok,
	[FUSE_OPENDIR] = do_open, [FUSE_READDIR] = do_readdir, [FUSE_READDIRPLUS] = do_readdir,
	[FUSE_RELEASEDIR] = reply_ok, [FUSE_FSYNCDIR] = reply_ok, [FUSE_GETLK] = do_getlk,
	[FUSE_SETLK] = reply_ok, [FUSE_SETLKW] = reply_ok, [FUSE_ACCESS] = reply_ok, [FUSE_CREATE] = do_create,
	[FUSE_TMPFILE] = do_tmpfile, [FUSE_BMAP] = do_bmap, [FUSE_DESTROY] = reply_ok, [FUSE_IOCTL] = do_ioctl,
	[FUSE_POLL] = do_poll, [FUSE_FALLOCATE] = do_fallocate, [FUSE_LSEEK] = do_lseek,
	[FUSE_COPY_FILE_RANGE] = do_copy_file_range, [FUSE_SYNCFS] = reply_ok,
};

int ops_default(struct raw_req *req)
{
	if (req->in->opcode >= RAW_OPCODES || !ops[req->in->opcode] || !this_node(req))
		return -ENOSYS;
	return ops[req->in->opcode](req);
}
