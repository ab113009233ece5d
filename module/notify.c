// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the nodes of a connection outside of a request that somebody
 * waits for: notifications of the daemon, evictions, writes on backing files
 * (FUSE_PASSTHROUGH, where the series knows it), and the end of requests that
 * were sent in the background.  Called from the fork's own functions.
 */
#include "fuse_i.h"
#include "slots.h"

/* INVAL_INODE, STORE, RETRIEVE; the node need not be cached. */
void extfuse_notify_inode(struct fuse_conn *fc, u64 nodeid)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (!xc)
		return;
	extfuse_node_move(xc, nodeid, EXTFUSE_ALL_KINDS);
	/* It may be a directory. */
	extfuse_node_move(xc, EXTFUSE_RIGHTS, BIT(EXTFUSE_KIND_ATTR));
	extfuse_kept_soon(xc, false);
}

/* INVAL_ENTRY, DELETE; neither the directory nor the name need be cached. */
void extfuse_notify_entry(struct fuse_conn *fc, u64 parent, u64 child, const struct qstr *name)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (!xc)
		return;
	extfuse_name_move(xc, parent, name->name, name->len);
	extfuse_node_move(xc, parent, BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA));
	if (child)
		extfuse_node_move(xc, child, EXTFUSE_ALL_KINDS);
	extfuse_kept_soon(xc, false);
}

/* INC_EPOCH: all names and listings are old, and what rests on them. */
void extfuse_notify_all(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (!xc)
		return;
	extfuse_epoch_move(xc);
	extfuse_kept_soon(xc, false);
}

/* FORGET may let the daemon give the node id to something else. */
void extfuse_evict(struct fuse_conn *fc, u64 nodeid)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	/* The ids of a tree are given once. */
	if (xc && !extfuse_is_in_tree(xc, nodeid))
		extfuse_node_move(xc, nodeid, EXTFUSE_ALL_KINDS);
}
