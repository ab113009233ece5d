/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fuse's own caches of an inode must be told, see inode.c.
 */
#ifndef _EXTFUSE_INODE_H
#define _EXTFUSE_INODE_H

/* In fuse_inode.state, far from fuse's own: its backing file is, or was, mapped for writing, ... */
#define EXTFUSE_I_MAPPED	(BITS_PER_LONG - 1)
/* ... by a handle of ours: the daemon's have no page cache beside it */
#define EXTFUSE_I_MAPPED_OWN	(BITS_PER_LONG - 2)

static inline bool extfuse_backing_is_mapped(struct inode *inode)
{
	return unlikely(test_bit(EXTFUSE_I_MAPPED, &get_fuse_inode(inode)->state));
}

static inline bool extfuse_is_mapped_by_own(struct inode *inode)
{
	return unlikely(test_bit(EXTFUSE_I_MAPPED_OWN, &get_fuse_inode(inode)->state));
}

/*
 * Data that was changed takes set-id bits away.  Stock fuse forgets the size
 * then and not the mode; with a longer lifetime of ours that would last.
 */
static inline u32 extfuse_setid_mask(const struct inode *inode)
{
	return inode->i_mode & (S_ISUID | S_ISGID) ? STATX_MODE : 0;
}

/* Would fuse itself give them without asking?  That reading has moved the time of reading does not count. */
static inline bool extfuse_attr_is_valid(struct inode *inode)
{
	const struct fuse_inode *fi = get_fuse_inode(inode);

	return time_before64(get_jiffies_64(), fi->i_time) &&
	       !(READ_ONCE(fi->inval_mask) & STATX_BASIC_STATS & ~STATX_ATIME);
}

/* Valid, or asked for at the open of this handle, which may be longer than they live. */
static inline bool extfuse_attr_is_known(struct inode *inode, const struct fuse_file *ff)
{
	return ff->ext.asked || extfuse_attr_is_valid(inode);
}

/* @mask: STATX_*; NULL: nothing. */
void extfuse_inode_touch(struct inode *inode, u32 mask);
bool extfuse_entry_pay(struct inode *inode);

#endif /* _EXTFUSE_INODE_H */
