// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reply tells the kernel: that something has changed behind its back, and for
 * how long the daemon lets it be kept.
 */
#include "fuse_i.h"
#include "attr.h"
#include "cto.h"
#include "dirents.h"
#include "inode.h"
#include "learn.h"
#include "opcode.h"
#include "slots.h"
#include "passthrough/backing.h"
#include "compat/inode.h"
#include "compat/statx.h"

struct search {
	u64 nodeid;
	const struct fuse_attr *attr;
	u8 doubts;	/* extfuse_attr_doubts() */
	bool mapped;
};

/* Under the lock of the inode hash: looks, and takes nothing. */
static int search_match(struct inode *inode, EXTFUSE_INODE_HASH nodeid, void *data)
{
	struct search *search = data;

	if (get_node_id(inode) != search->nodeid)
		return 0;
	search->doubts = extfuse_attr_doubts(inode, search->attr);
	search->mapped = extfuse_backing_is_mapped(inode);
	return -1;
}

/* What a reply says of a node whose inode is known. */
static void learn_known(struct extfuse_conn *xc, u64 nodeid, u64 stamp, const struct fuse_attr *attr,
			u8 doubts, bool mapped)
{
	if (doubts)
		extfuse_node_cap(xc, nodeid, stamp, doubts);
	if (doubts & BIT(EXTFUSE_KIND_XATTR) && S_ISDIR(attr->mode))
		extfuse_node_move(xc, EXTFUSE_RIGHTS, BIT(EXTFUSE_KIND_ATTR));
	/* Stores into a mapping tell nobody: these attributes are old when they are here. */
	if (mapped)
		extfuse_node_move(xc, nodeid, BIT(EXTFUSE_KIND_ATTR));
}

static void learn_inode(struct extfuse_conn *xc, struct inode *inode, u64 stamp,
			const struct fuse_attr *attr)
{
	learn_known(xc, get_node_id(inode), stamp, attr, extfuse_attr_doubts(inode, attr),
		    extfuse_backing_is_mapped(inode));
}

/*
 * The daemon's attributes of a node that is on another file system are not cached:
 * they change there.
 */
static void valid_drop(struct extfuse_conn *xc, u64 nodeid, u64 *valid, u32 *valid_nsec)
{
	if (likely(!rcu_access_pointer(xc->backings)) || !extfuse_has_backing(xc, nodeid))
		return;
	*valid = 0;
	*valid_nsec = 0;
}

struct learn {
	struct extfuse_conn *xc;
	struct super_block *sb;
	u64 stamp;
};

/* Attributes of a node that may or may not be cached. */
static void learn_node(void *data, struct fuse_entry_out *out)
{
	struct learn *learn = data;
	struct search search = { .nodeid = out->nodeid, .attr = &out->attr };

	if (!learn->sb)
		return;
	find_inode_nowait(learn->sb, out->nodeid, search_match, &search);
	learn_known(learn->xc, out->nodeid, learn->stamp, &out->attr, search.doubts, search.mapped);
	valid_drop(learn->xc, out->nodeid, &out->attr_valid, &out->attr_valid_nsec);
}

static void learn_longest(struct extfuse_conn *xc, u64 *longest, u64 valid)
{
	if (unlikely(!READ_ONCE(xc->learned)))
		WRITE_ONCE(xc->learned, true);
	if (unlikely(valid > READ_ONCE(*longest)))
		WRITE_ONCE(*longest, valid);
}

static void learn_entry(struct extfuse_conn *xc, const struct fuse_args *args,
			struct fuse_entry_out *out)
{
	struct inode *child = args->ext.child[0];
	struct inode *dir = args->ext.inode;
	struct learn learn = {
		.xc = xc,
		.sb = dir ? dir->i_sb : args->ext.sb,
		.stamp = args->ext.stamp,
	};

	learn_longest(xc, &xc->longest_attr, extfuse_valid_ns(out->attr_valid, out->attr_valid_nsec));
	learn_longest(xc, &xc->longest_entry,
		      extfuse_valid_ns(out->entry_valid, out->entry_valid_nsec));
	if (!out->nodeid)
		return;
	valid_drop(xc, out->nodeid, &out->attr_valid, &out->attr_valid_nsec);
	if (extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_NEW_NODE) {
		/* A daemon that goes by paths may give another file the node of an older one. */
		extfuse_node_move(xc, out->nodeid, EXTFUSE_ALL_KINDS);
		return;
	}
	if (args->ext.flags & EXTFUSE_ARGS_REVAL && child && get_node_id(child) == out->nodeid) {
		learn_inode(xc, child, args->ext.stamp, &out->attr);
		return;
	}
	learn_node(&learn, out);
}

static void learn_attr(struct extfuse_conn *xc, const struct fuse_args *args,
		       struct fuse_attr_out *out)
{
	learn_longest(xc, &xc->longest_attr, extfuse_valid_ns(out->attr_valid, out->attr_valid_nsec));
	valid_drop(xc, args->nodeid, &out->attr_valid, &out->attr_valid_nsec);
	if (extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_CHANGES || !args->ext.inode)
		return;
	learn_inode(xc, args->ext.inode, args->ext.stamp, &out->attr);
	if (unlikely(READ_ONCE(xc->cto)))
		extfuse_cto_said(xc, args->ext.inode, args->ext.stamp, &out->attr);
}

/* On its own: what it has on the stack is zeroed, also where no STATX is near. */
static noinline_for_stack void learn_statx(struct extfuse_conn *xc, struct fuse_args *args)
{
	struct fuse_attr_out attr;

	if (!extfuse_statx_get(args, &attr))
		return;
	learn_attr(xc, args, &attr);
	extfuse_statx_set_valid(args, &attr);
}

static noinline_for_stack void learn_listing(struct extfuse_conn *xc, const struct fuse_args *args,
					     ssize_t len)
{
	struct learn learn = {
		.xc = xc,
		.sb = args->ext.inode->i_sb,
		.stamp = args->ext.stamp,
	};

	extfuse_dirents_each(args, len, learn_node, &learn);
}

/* The kernel learns of changes that came past it: older entries die. */
void extfuse_reply_learn(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret)
{
	u16 flags = extfuse_opcode_get(args->opcode)->flags;

	if (flags & EXTFUSE_OP_ATTR_REPLY) {
		learn_attr(xc, args, args->out_args[0].value);
	} else if (flags & EXTFUSE_OP_STATX_REPLY) {
		learn_statx(xc, args);
	} else if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		learn_entry(xc, args, args->out_args[0].value);
	} else if (args->opcode == FUSE_READ) {
		if (args->ext.inode && extfuse_backing_is_mapped(args->ext.inode))
			extfuse_node_move(xc, args->nodeid, BIT(EXTFUSE_KIND_DATA));
		extfuse_cached_read(xc, args);
	} else if (args->opcode == FUSE_READDIRPLUS && args->ext.inode) {
		learn_listing(xc, args, ret);
	}
}
