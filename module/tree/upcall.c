// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a tree that go up.  The daemon owns none of the nodes that they
 * name; for as long as it is at work on one it may open them by their ids
 * (EXTFUSE_IOC_BACKING_OPEN).
 *
 * The sender waits for the reply, also where it is killed, and holds the inodes.  So
 * what it puts into the table is on its own stack.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "tree/upcall.h"
#include <linux/hash.h>

struct upcall {
	struct hlist_node hash;
	struct inode *inode;
};

static struct hlist_head *upcall_bucket(struct extfuse_conn *xc, u64 nodeid)
{
	return &xc->upcalls[hash_64(nodeid, ilog2(ARRAY_SIZE(xc->upcalls)))];
}

/* Some of @inodes are NULL, or not the kernel's. */
static void upcalls_begin(struct extfuse_conn *xc, struct upcall *upcalls, struct inode *const *inodes)
{
	unsigned int i;

	spin_lock(&xc->upcalls_lock);
	for (i = 0; i < EXTFUSE_UPCALL_NODES; i++) {
		INIT_HLIST_NODE(&upcalls[i].hash);
		upcalls[i].inode = inodes[i];
		if (inodes[i] && extfuse_low(inodes[i]))
			hlist_add_head(&upcalls[i].hash, upcall_bucket(xc, get_node_id(inodes[i])));
	}
	spin_unlock(&xc->upcalls_lock);
}

static void upcalls_end(struct extfuse_conn *xc, struct upcall *upcalls)
{
	unsigned int i;

	spin_lock(&xc->upcalls_lock);
	for (i = 0; i < EXTFUSE_UPCALL_NODES; i++) {
		if (!hlist_unhashed(&upcalls[i].hash))
			hlist_del(&upcalls[i].hash);
	}
	spin_unlock(&xc->upcalls_lock);
}

/* No daemon makes nodes of the kernel's. */
static bool reply_is_forged(const struct fuse_args *args)
{
	const struct fuse_entry_out *out = args->out_args[0].value;

	return extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_ENTRY_REPLY &&
	       extfuse_is_kernels(out->nodeid);
}

/* extfuse_upcall_send - the stock way, of a connection with a tree */
noinline ssize_t extfuse_upcall_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	struct inode *const inodes[EXTFUSE_UPCALL_NODES] = {
		args->ext.inode, args->ext.dir2, args->ext.child[0], args->ext.child[1],
	};
	struct upcall upcalls[EXTFUSE_UPCALL_NODES];
	ssize_t ret;

	upcalls_begin(xc, upcalls, inodes);
	ret = fuse_daemon_request(fm, args);
	upcalls_end(xc, upcalls);
	return !ret && reply_is_forged(args) ? -EIO : ret;
}

/* extfuse_upcall_find - a node of a request that is at work; @path gets references */
bool extfuse_upcall_find(struct extfuse_conn *xc, u64 nodeid, struct path *path)
{
	struct upcall *upcall;
	bool found = false;

	spin_lock(&xc->upcalls_lock);
	hlist_for_each_entry(upcall, upcall_bucket(xc, nodeid), hash) {
		if (get_node_id(upcall->inode) != nodeid)
			continue;
		*path = extfuse_low_path(upcall->inode);
		path_get(path);
		found = true;
		break;
	}
	spin_unlock(&xc->upcalls_lock);
	return found;
}
