// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reply names in a tree: the node that a request was given here, or what the
 * object of a node of the daemon's leads to.
 */
#include "fuse_i.h"
#include "pay.h"
#include "passthrough/backing.h"
#include "tree/reply.h"
#include "tree/tree.h"
#include "compat/entry.h"

/*
 * Where it is what the name leads to below, its dentry is that of the name.  Else the
 * daemon is asked at each walk: see extfuse_entry_unfound().
 */
static void entry_take(const struct fuse_args *args, struct dentry *low)
{
	struct dentry *entry = args->ext.entry;

	if (entry && READ_ONCE(low->d_parent) == extfuse_low(args->ext.inode))
		extfuse_entry_low_set(entry, dget(low));
}

/* Is the object in the tree, and of the type that the reply says?  The root has no name. */
static bool object_is_in_tree(const struct extfuse_tree *tree, const struct extfuse_backing *backing,
			      const struct fuse_entry_out *out)
{
	const struct dentry *low = backing->path.dentry;

	return backing->generation == out->generation && backing->path.mnt == tree->mnt &&
	       !((d_inode(low)->i_mode ^ out->attr.mode) & S_IFMT) && low != tree->root &&
	       is_subdir(backing->path.dentry, tree->root);
}

static struct inode *node_of_object(struct fuse_mount *fm, const struct fuse_args *args,
				    const struct extfuse_backing *backing)
{
	struct extfuse_tree *tree = extfuse_tree_of(args->ext.inode);
	struct dentry *low = backing->path.dentry;
	struct fuse_attr attr;
	struct inode *inode;

	if (!object_is_in_tree(tree, backing, args->out_args[0].value))
		return NULL;
	inode = extfuse_node_get(fm->sb, tree, low, &attr);
	if (!inode)
		return NULL;
	entry_take(args, low);
	extfuse_pay_forget_or_wait(fm, backing->nodeid);
	return inode;
}

/*
 * extfuse_node_of_reply - the node that a reply names, with a reference
 *
 * NULL: it is one of the daemon's own, and stays that.  Else the count that the reply
 * brought is given back.
 */
struct inode *extfuse_node_of_reply(struct super_block *sb, struct fuse_args *args, u64 nodeid)
{
	struct fuse_mount *fm = get_fuse_mount_super(sb);
	struct extfuse_backing *backing;
	struct inode *inode = NULL;

	if (args->ext.node) {
		swap(inode, args->ext.node);
		return inode;
	}
	if (!args->ext.inode || !extfuse_low(args->ext.inode))
		return NULL;
	backing = extfuse_backing_get(extfuse_conn_get(fm->fc), nodeid);
	if (backing) {
		inode = node_of_object(fm, args, backing);
		extfuse_backing_put(backing);
	}
	/* A name that was absent below is the daemon's now. */
	if (!inode && args->ext.entry)
		extfuse_entry_low_set(args->ext.entry, NULL);
	return inode;
}

/* Does a node of the daemon's lead to this inode? */
static bool node_leads_to(struct fuse_mount *fm, const struct fuse_entry_out *out, const struct inode *inode)
{
	struct extfuse_backing *backing = extfuse_backing_get(extfuse_conn_get(fm->fc), out->nodeid);
	bool leads;

	if (!backing)
		return false;
	leads = object_is_in_tree(extfuse_tree_of(inode), backing, out) &&
		d_inode(backing->path.dentry) == extfuse_low_inode(inode);
	extfuse_backing_put(backing);
	return leads;
}

/*
 * extfuse_reply_confirm - a name was asked about whose inode is the kernel's
 * @ret:	of that request
 * @moved:	the name has moved meanwhile
 *
 * Where the daemon's node leads to that inode, or what was said is of a name that it has
 * no more, the reply says that the name is right: else what is mounted there would go.
 */
ssize_t extfuse_reply_confirm(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, bool moved)
{
	struct fuse_entry_out *out = args->out_args[0].value;
	struct inode *inode = args->ext.child[0];

	if ((ret && ret != -ENOENT) || args->ext.refused || (!ret && extfuse_is_kernels(out->nodeid)))
		return ret;
	if (!moved && (ret || !out->nodeid || !node_leads_to(fm, out, inode)))
		return ret;
	if (!ret && out->nodeid)
		extfuse_pay_forget_or_wait(fm, out->nodeid);
	memset(out, 0, sizeof(*out));
	out->nodeid = get_node_id(inode);
	extfuse_node_attr(fm->fc, &out->attr, extfuse_low_inode(inode));
	return 0;
}
