// SPDX-License-Identifier: GPL-2.0-only
/*
 * LOOKUP in a tree: the name is looked up below, and what a policy must be asked about is
 * asked.
 */
#include "fuse_i.h"
#include "tree/names.h"
#include "tree/own.h"
#include "tree/tree.h"
#include "compat/names.h"

/* One that is in no hash is looked up each time, so it is not worth keeping. */
static ssize_t entry_absent(const struct extfuse_pass *pass, struct dentry *low)
{
	if (d_unhashed(low)) {
		dput(low);
		low = NULL;
	}
	extfuse_entry_low_set(pass->args->ext.entry, low);
	return 0;
}

/* The dentry has its inode, and programs have been asked: is it that still? */
static ssize_t entry_confirm(const struct extfuse_pass *pass, struct dentry *low)
{
	struct fuse_entry_out *out = pass->args->out_args[0].value;
	struct inode *inode = pass->args->ext.child[0];

	if (d_is_positive(low) && extfuse_low(inode) && extfuse_low_inode(inode) == d_inode(low)) {
		out->nodeid = get_node_id(inode);
		extfuse_node_attr(pass->fm->fc, &out->attr, d_inode(low));
	}
	dput(low);
	return 0;
}

/* Others may move what was found, before it is known what its own name is. */
#define LOOKUP_TRIES	4

/* What the name leads to, with a reference, which may be negative; NULL: *@ret is the result. */
static struct dentry *name_find(struct extfuse_pass *pass, ssize_t *ret)
{
	struct extfuse_named named = { .dir = &pass->path };
	unsigned int tries = LOOKUP_TRIES;
	struct dentry *low;
	struct qstr name;

	name.name = extfuse_in_name(pass->args, 0, &name.len);
	do {
		low = extfuse_low_lookup(&pass->path, &name);
		if (IS_ERR(low)) {
			*ret = PTR_ERR(low);
			return NULL;
		}
		named.low = low;
		if (extfuse_own_lets(pass, &named, 1, false, ret))
			return low;
		dput(low);
	} while (*ret == -ENOENT && !pass->args->ext.refused && --tries);
	return NULL;
}

ssize_t extfuse_pass_lookup(struct extfuse_pass *pass)
{
	const struct fuse_args *args = pass->args;
	struct dentry *low;
	ssize_t ret;

	low = name_find(pass, &ret);
	if (!low)
		return ret;
	if (args->ext.flags & EXTFUSE_ARGS_REVAL)
		return entry_confirm(pass, low);
	/* A file handle is resolved: no dentry waits for the name. */
	if (!args->ext.entry) {
		dput(low);
		return EXTFUSE_NOT_DONE;
	}
	return d_is_negative(low) ? entry_absent(pass, low) : extfuse_entry_found(pass, low);
}
