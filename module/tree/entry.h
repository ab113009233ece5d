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
struct dentry *extfuse_entry_low_get(const struct dentry *entry);
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

/*
 * What d_time of a dentry says when the name was seen to fit: the d_seq of the one below
 * and its own, and how many policies there had been.  The name fits for as long as all
 * three are so: what is made of a dentry, and where it is, changes its d_seq.  One that is
 * odd below is in the bit above the next: it equals none.  The own one is cut off; it
 * changes only where the one below has changed as well.
 *
 * That the one below is where it was does not suffice: ours moves after it, when it may
 * have been moved back.
 */
static inline u64 extfuse_entry_seen(const struct extfuse_conn *xc, unsigned int seq, unsigned int low_seq)
{
	u64 own = seq & GENMASK(21, 1);

	return EXTFUSE_ENTRY_SEEN | (u64)low_seq << 31 | own << 9 | READ_ONCE(xc->policies);
}

/* In RCU walk: is all as it was seen? */
static inline bool extfuse_entry_is_as_seen(const struct dentry *entry, const struct dentry *low)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(entry->d_sb));
	struct inode *inode = d_inode_rcu(entry);
	const struct inode *low_inode;

	if (READ_ONCE(entry->d_time) !=
	    extfuse_entry_seen(xc, raw_read_seqcount(&entry->d_seq), raw_read_seqcount(&low->d_seq)))
		return false;
	low_inode = d_inode_rcu(low);
	return !inode || (low_inode && !extfuse_node_is_old(inode, low_inode));
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
	if (likely(flags & LOOKUP_RCU && extfuse_entry_is_as_seen(entry, low)))
		return 1;
	return extfuse_entry_check(entry, low, flags);
}

/* Call site: is the daemon asked for names alone?  Always so where names are the kernel's. */
static inline bool extfuse_plus_is_spared(struct inode *dir)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(dir));

	if (likely(!xc))
		return false;
	/* For each part of a listing, not only where fuse finds that it pays. */
	if (READ_ONCE(xc->plus))
		set_bit(FUSE_I_ADVISE_RDPLUS, &get_fuse_inode(dir)->state);
	return READ_ONCE(xc->has_tree);
}

/* forget.c */
struct fuse_forget_link *extfuse_forget_make(const struct fuse_conn *fc);
void extfuse_forget_need(struct inode *inode);

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

/* Call site: a name is looked up; @entry is NULL: a file handle is resolved. */
static inline void extfuse_lookup_args(struct fuse_args *args, struct super_block *sb, struct dentry *entry,
				       u8 flags)
{
	args->ext.sb = sb;
	args->ext.entry = entry;
	/* Its directory is locked. */
	args->ext.inode = entry ? d_inode(entry->d_parent) : NULL;
	args->ext.flags = flags;
}

/* Call sites: a name is made. */
static inline void extfuse_make_args(struct fuse_args *args, struct inode *dir, struct dentry *entry)
{
	args->ext.inode = dir;
	args->ext.entry = entry;
}

/* Call site: a file is made and opened. */
static inline void extfuse_create_args(struct fuse_args *args, struct inode *dir, struct dentry *entry,
				       struct file *file, struct fuse_file *ff)
{
	extfuse_make_args(args, dir, entry);
	args->ext.file = file;
	args->ext.made = ff;
}

/*
 * Call site: the file is not given to who made it.  Its release knows no inode, whose
 * page cache may be used from now on.
 */
static inline struct fuse_inode *extfuse_create_undo(struct fuse_inode *fi, struct fuse_file *ff)
{
	if (ff->ext.is_ours)
		extfuse_io_end(&fi->inode, ff);
	return fi;
}

/* Call sites: a name is removed. */
static inline void extfuse_remove_args(struct fuse_args *args, struct inode *dir, struct dentry *entry)
{
	extfuse_make_args(args, dir, entry);
	args->ext.child[0] = d_inode(entry);
}

/* Call site: a name is moved, perhaps over another. */
static inline void extfuse_rename_args(struct fuse_args *args, struct inode *olddir, struct dentry *oldent,
				       struct inode *newdir, struct dentry *newent)
{
	extfuse_remove_args(args, olddir, oldent);
	args->ext.dir2 = newdir;
	args->ext.entry2 = newent;
	args->ext.child[1] = d_inode(newent);
}

/* Call site: two names have changed; nobody knows the new one as of before. */
static inline void extfuse_entries_moved(const struct fuse_args *args)
{
	extfuse_entry_known(args->ext.entry, args->ext.stamp);
	extfuse_entry_known(args->ext.entry2, args->ext.stamp);
}

#endif /* _EXTFUSE_TREE_ENTRY_H */
