// SPDX-License-Identifier: GPL-2.0-only
/* Attributes, entries, node ids and errors as a hostile daemon, or a program, gives them. */
#include <sys/stat.h>

#include "daemon.h"
#include "rawnew.h"

int draw_error(struct rng *r)
{
	static const int some[] = { 1, 511, -511, -512, -513, -516, -517, -530, -999, -1000, -1001, -4095, -4096, 0x7fffffff, -0x7fffffff - 1 };
	static const int usual[] = { -ENOENT, -EIO, -EINTR, -EAGAIN, -ESTALE, -EEXIST, -EACCES, -EINVAL, -ENOMEM, -EISDIR, -ENOTDIR };

	if (rng_one_in(r, 4))
		return RNG_PICK(r, some);
	return rng_one_in(r, 3) ? -(int)rng_below(r, 600) : RNG_PICK(r, usual);
}

uint64_t draw_id(struct rng *r)
{
	switch (rng_below(r, 12)) {
	case 0:
		return rng_odd(r);
	case 1:
		return EXTFUSE_NODE_KERNEL | rng_below(r, 64);
	case 2:
		return EXTFUSE_NODE_KERNEL | rng_odd(r);
	default:
		return rng_below(r, 20);
	}
}

static mode_t draw_mode(struct rng *r)
{
	static const mode_t types[] = { S_IFREG, S_IFREG, S_IFDIR, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, 0, 0170000 };

	return RNG_PICK(r, types) | rng_below(r, 010000);
}

/* One or two fields of what is there. */
void draw_attr(struct rng *r, struct fuse_attr *attr)
{
	unsigned int n = 1 + rng_below(r, 3);

	while (n--) {
		switch (rng_below(r, 10)) {
		case 0:
			attr->ino = rng_odd(r);
			break;
		case 1:
			attr->size = rng_odd(r);
			break;
		case 2:
			attr->blocks = rng_odd(r);
			break;
		case 3:
			attr->mode = draw_mode(r);
			break;
		case 4:
			attr->mode = (attr->mode & S_IFMT) | rng_below(r, 010000);
			break;
		case 5:
			attr->nlink = rng_odd(r);
			break;
		case 6:
			attr->uid = rng_one_in(r, 2) ? 1000 : rng_odd(r);
			break;
		case 7:
			attr->blksize = rng_odd(r);
			break;
		case 8:
			attr->mtime = rng_odd(r);
			attr->mtimensec = rng_odd(r);
			break;
		case 9:
			attr->flags = rng_one_in(r, 4) ? rng_odd(r) : rng_below(r, 4);
			break;
		}
	}
}

/* An entry of a node of the daemon's tree, or of one that is not there. */
void draw_entry(struct rng *r, struct fuse_entry_out *out)
{
	uint64_t id = draw_id(r);
	struct raw_node *node;

	memset(out, 0, sizeof(*out));
	if (rf) {
		raw_lock(rf);
		node = tree_node(rf, id);
		if (node)
			raw_fill_entry(rf, node, out);
		raw_unlock(rf);
	}
	if (!out->attr.mode)
		out->attr.mode = draw_mode(r);
	out->nodeid = id;
	if (rng_one_in(r, 2))
		draw_attr(r, &out->attr);
	if (rng_one_in(r, 6))
		out->generation = rng_odd(r);
	if (rng_one_in(r, 6))
		out->attr_valid = rng_odd(r);
	if (rng_one_in(r, 6))
		out->entry_valid = rng_odd(r);
	if (rng_one_in(r, 12))
		out->entry_valid_nsec = out->attr_valid_nsec = rng_odd(r);
}
