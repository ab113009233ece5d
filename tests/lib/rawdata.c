// SPDX-License-Identifier: GPL-2.0-only
/* The usual answers of the daemon for tests about handles: opened, read, written, locked and the like. See rawops.c. */
#include <fcntl.h>
#include <unistd.h>

#include "rawfuse_i.h"
#include "rawnew.h"

int ops_open(struct raw_req *req)
{
	const struct fuse_open_in *in = req->arg;
	struct raw_node *node = this_node(req);
	struct raw_open_out out = {
		.fh = req->in->nodeid, .open_flags = node->open_flags, .backing_id = node->backing_id,
	};

	raw_lock(req->rf);
	if (req->in->opcode == FUSE_OPEN && in->flags & O_TRUNC) {
		tree_resize(node, 0);
		tree_touch(node);
	}
	raw_unlock(req->rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

int ops_read(struct raw_req *req)
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

int ops_write(struct raw_req *req)
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

int ops_getlk(struct raw_req *req)
{
	struct fuse_lk_out out = { .lk.type = F_UNLCK };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

int ops_bmap(struct raw_req *req)
{
	const struct fuse_bmap_in *in = req->arg;
	struct fuse_bmap_out out = { .block = in->block + 1000 };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

/* Gives back what it got, each byte plus one. */
int ops_ioctl(struct raw_req *req)
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

int ops_poll(struct raw_req *req)
{
	const struct fuse_poll_in *in = req->arg;
	struct fuse_poll_out out = { .revents = in->events & 5 };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

int ops_fallocate(struct raw_req *req)
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

int ops_lseek(struct raw_req *req)
{
	const struct fuse_lseek_in *in = req->arg;
	struct fuse_lseek_out out = { .offset = in->whence == SEEK_DATA ? in->offset : this_node(req)->attr.size };

	if (in->offset >= this_node(req)->attr.size)
		return -ENXIO;
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

int ops_copy_file_range(struct raw_req *req)
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
