// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all requests of a tree have in common that find or make a name: the dentry here gets
 * the one below, and the reply a node of the kernel's.
 */
#include "fuse_i.h"
#include "tree/names.h"
#include "tree/tree.h"
#include "compat/entry.h"

/*
 * extfuse_entry_found - the reply that says what has the name; takes over the reference of @low
 *
 * The fork takes the node out of args, see extfuse_iget(), or extfuse_names_undo() does.
 */
ssize_t extfuse_entry_found(const struct extfuse_pass *pass, struct dentry *low)
{
	struct fuse_args *args = pass->args;
	struct fuse_entry_out *out = args->out_args[0].value;
	struct inode *inode;

	if (!fuse_valid_type(d_inode(low)->i_mode)) {
		dput(low);
		return -EIO;
	}
	memset(out, 0, sizeof(*out));
	inode = extfuse_node_get(pass->inode->i_sb, extfuse_tree_of(pass->inode), low, &out->attr);
	if (!inode) {
		dput(low);
		return -ENOMEM;
	}
	/* The root has no name. */
	if (get_node_id(inode) == FUSE_ROOT_ID) {
		iput(inode);
		dput(low);
		return -EIO;
	}
	out->nodeid = get_node_id(inode);
	args->ext.node = inode;
	extfuse_entry_low_set(args->ext.entry, low);
	return 0;
}

/* extfuse_names_undo - nobody gets this reply */
void extfuse_names_undo(struct fuse_args *args)
{
	if (args->ext.entry)
		extfuse_entry_low_set(args->ext.entry, NULL);
	iput(args->ext.node);
	args->ext.node = NULL;
}
