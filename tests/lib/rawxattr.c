// SPDX-License-Identifier: GPL-2.0-only
/*
 * The usual answers of the daemon for tests about extended attributes, by the
 * protocol's own rule: room 0 asks for the size, too little room is ERANGE.
 */
#include "rawfuse_i.h"

static struct raw_xattr *find_xattr(struct raw_node *node, const char *name)
{
	struct raw_xattr *x;

	for (x = node->xattrs; x && strcmp(x->name, name); x = x->next)
		;
	return x;
}

int ops_setxattr(struct raw_req *req)
{
	const struct fuse_setxattr_in *in = req->arg;
	size_t head = req->rf->init_flags & FUSE_SETXATTR_EXT ? sizeof(*in) : FUSE_COMPAT_SETXATTR_IN_SIZE;
	const char *name = (const char *)req->arg + head;
	struct raw_node *node = this_node(req);

	if (in->size > 4096 || strlen(name) > 63)
		return -ENOSPC;
	raw_setxattr(req->rf, node, name, name + strlen(name) + 1, in->size);
	return reply_ok(req);
}

static int reply_sized(struct raw_req *req, uint32_t room, const void *data, size_t len)
{
	struct fuse_getxattr_out out = { .size = len };

	if (!room)
		raw_reply(req, 0, &out, sizeof(out));
	else if (room < len)
		return -ERANGE;
	else
		raw_reply(req, 0, data, len);
	return RAW_DONE;
}

int ops_getxattr(struct raw_req *req)
{
	const struct fuse_getxattr_in *in = req->arg;
	struct raw_xattr *x, copy;

	raw_lock(req->rf);
	x = find_xattr(this_node(req), (const char *)(in + 1));
	if (x)
		copy = *x;
	raw_unlock(req->rf);
	return x ? reply_sized(req, in->size, copy.value, copy.size) : -ENODATA;
}

int ops_listxattr(struct raw_req *req)
{
	const struct fuse_getxattr_in *in = req->arg;
	char list[4096];
	struct raw_xattr *x;
	size_t len = 0;

	raw_lock(req->rf);
	for (x = this_node(req)->xattrs; x && len + 64 < sizeof(list); x = x->next) {
		strcpy(list + len, x->name);
		len += strlen(x->name) + 1;
	}
	raw_unlock(req->rf);
	return reply_sized(req, in->size, list, len);
}

int ops_removexattr(struct raw_req *req)
{
	struct raw_xattr **p, *x;

	raw_lock(req->rf);
	for (p = &this_node(req)->xattrs; *p && strcmp((*p)->name, req->arg); p = &(*p)->next)
		;
	x = *p;
	if (x)
		*p = x->next;
	raw_unlock(req->rf);
	free(x);
	return x ? reply_ok(req) : -ENODATA;
}
