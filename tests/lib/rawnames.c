// SPDX-License-Identifier: GPL-2.0-only
/* The usual answers of the daemon for tests about names: found, made, moved, removed and listed. See rawops.c. */
#include <sys/stat.h>

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

int ops_lookup(struct raw_req *req)
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

int ops_mknod(struct raw_req *req)
{
	const struct fuse_mknod_in *in = req->arg;

	return make(req, (const char *)(in + 1), in->mode, false, NULL, in->rdev);
}

int ops_mkdir(struct raw_req *req)
{
	const struct fuse_mkdir_in *in = req->arg;

	return make(req, (const char *)(in + 1), S_IFDIR | in->mode, false, NULL, 0);
}

int ops_symlink(struct raw_req *req)
{
	const char *name = req->arg;

	return make(req, name, S_IFLNK | 0777, false, name + strlen(name) + 1, 0);
}

int ops_create(struct raw_req *req)
{
	const struct fuse_create_in *in = req->arg;

	return make(req, (const char *)(in + 1), in->mode, true, NULL, 0);
}

int ops_tmpfile(struct raw_req *req)
{
	const struct fuse_create_in *in = req->arg;

	return make(req, NULL, in->mode, true, NULL, 0);
}

int ops_unlink(struct raw_req *req)
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

int ops_rename(struct raw_req *req)
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

int ops_link(struct raw_req *req)
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
int ops_readdir(struct raw_req *req)
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
