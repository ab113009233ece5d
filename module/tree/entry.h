/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites for dentries, see entry.c.
 */
#ifndef _EXTFUSE_TREE_ENTRY_H
#define _EXTFUSE_TREE_ENTRY_H

#include "compat/entry.h"
#include "tree/tree.h"

/* Result of what leaves a name to the stock way. */
#define EXTFUSE_ENTRY_STOCK	2

int extfuse_entry_check(struct dentry *entry, struct dentry *low, unsigned int flags);
bool extfuse_entry_moved(struct dentry *entry, unsigned int seq);
void extfuse_entry_release(struct dentry *entry);
void extfuse_entry_splice(struct dentry *entry, struct dentry *other);

/*
 * A dentry without one below, in a directory of a tree.  One of the daemon's own nodes
 * has its lifetime, and so has a name that nobody has.  What is the kernel's has lost
 * its own because the name has just been removed, or sent up: it is looked up again.
 */
static inline int extfuse_entry_unfound(const struct dentry *entry, unsigned int flags)
{
	struct inode *inode = d_inode_rcu(entry);

	if (!inode || !extfuse_low(inode))
		return EXTFUSE_ENTRY_STOCK;
	return flags & LOOKUP_RCU ? -ECHILD : 0;
}

/* Call site: fuse_dentry_revalidate() begins. */
static inline int extfuse_entry_revalidate(struct dentry *entry, unsigned int flags)
{
	struct dentry *low;

	if (!entry->d_sb->s_stack_depth)
		return EXTFUSE_ENTRY_STOCK;
	low = extfuse_entry_low(entry);
	if (!low)
		return extfuse_entry_unfound(entry, flags);
	return extfuse_entry_check(entry, low, flags);
}

/* Call site: no listing of a connection with a tree brings nodes. */
static inline bool extfuse_has_tree(const struct fuse_conn *fc)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	return xc && READ_ONCE(xc->has_tree);
}

/* Call site: no lifetime for what is known exactly. */
static inline bool extfuse_entry_is_exact(const struct dentry *entry)
{
	return extfuse_entry_low(entry);
}

/* Call sites: d_splice_alias() has returned @other, if not NULL. */
static inline void extfuse_entry_spliced(struct dentry *entry, struct dentry *other)
{
	if (!IS_ERR_OR_NULL(other))
		extfuse_entry_splice(entry, other);
}

/* Call site: a name is looked up; NULL: of a file handle that is resolved. */
static inline void extfuse_lookup_args(struct fuse_args *args, struct dentry *entry)
{
	args->ext.entry = entry;
	/* Its directory is locked. */
	args->ext.inode = entry ? d_inode(entry->d_parent) : NULL;
}

#endif /* _EXTFUSE_TREE_ENTRY_H */
