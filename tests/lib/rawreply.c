// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon for tests: replies, as the case's editor and the protocol's minor version want them, and requests that are kept for later.
 */
#include <sys/uio.h>
#include <unistd.h>

#include "rawfuse_i.h"

/* Of a protocol before 7.9 entries and attributes end before blksize. */
static size_t reply_size(struct raw_req *req, size_t len)
{
	if (req->rf->minor >= 9)
		return len;
	switch (req->in->opcode) {
	case FUSE_LOOKUP:
	case FUSE_MKDIR:
	case FUSE_MKNOD:
	case FUSE_SYMLINK:
	case FUSE_LINK:
		return FUSE_COMPAT_ENTRY_OUT_SIZE;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return FUSE_COMPAT_ATTR_OUT_SIZE;
	default:
		return len;
	}
}

int raw_reply(struct raw_req *req, int error, const void *out, size_t len)
{
	struct fuse_out_header header = { .error = error, .unique = req->in->unique };
	struct raw_op *op = &req->rf->op[req->in->opcode % RAW_OPCODES];
	struct iovec iov[2] = { { &header, sizeof(header) }, { (void *)out, len } };
	struct raw_req editing = *req;
	raw_editor editor;
	void *copy = NULL;

	raw_lock(req->rf);
	editor = op->editor;
	editing.data = op->editor_data;
	raw_unlock(req->rf);
	if (editor && !error && len) {
		copy = malloc(len);
		memcpy(copy, out, len);
		editor(&editing, copy, len);
		iov[1].iov_base = copy;
	}
	if (!error && len)
		iov[1].iov_len = reply_size(req, len);
	header.len = sizeof(header) + (error ? 0 : iov[1].iov_len);
	req->replied = true;
	if (writev(req->rf->fd, iov, error || !len ? 1 : 2) < 0)
		error = -errno;
	else
		error = 0;
	free(copy);
	return error;
}

int raw_reply_nodes(struct raw_req *req, const void *out, size_t len, const uint64_t *nodes, unsigned int n)
{
	struct rawfuse *rf = req->rf;
	unsigned int i;
	int err;

	/* Counted before it is sent: a FORGET may be here sooner than we look again. */
	raw_lock(rf);
	for (i = 0; i < n; i++)
		tree_node(rf, nodes[i])->nlookup++;
	raw_unlock(rf);
	err = raw_reply(req, 0, out, len);
	if (!err)
		return 0;
	raw_lock(rf);
	for (i = 0; i < n; i++)
		tree_node(rf, nodes[i])->nlookup--;
	raw_unlock(rf);
	return err;
}

struct raw_req *raw_keep(const struct raw_req *req)
{
	struct raw_req *copy = malloc(sizeof(*copy) + sizeof(*req->in) + req->arglen);
	char *in = (char *)(copy + 1);

	CHECK(copy, "memory for a request");
	*copy = *req;
	memcpy(in, req->in, sizeof(*req->in));
	memcpy(in + sizeof(*req->in), req->arg, req->arglen);
	copy->in = (void *)in;
	copy->arg = in + sizeof(*req->in);
	return copy;
}
