/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a dentry of ours keeps the one below.  In 7.2 d_fsdata leads to a struct
 * of fuse's, which begins with it in the fork; before, d_fsdata is the time until which
 * the name is valid, in jiffies, and those are never as large as an address.  That goes
 * with the lines 6.1, 6.12+deb12 and 6.12+deb13 of dkms/matrix.
 */
#ifndef _EXTFUSE_COMPAT_ENTRY_H
#define _EXTFUSE_COMPAT_ENTRY_H

#include <linux/dcache.h>

#ifdef EXTFUSE_ENTRY_STRUCT
/* The first field of the fork's struct fuse_dentry; NULL: the dentry has none (a root). */
static inline struct dentry **extfuse_entry_place(const struct dentry *entry)
{
	return READ_ONCE(entry->d_fsdata);
}

static inline struct dentry *extfuse_entry_low(const struct dentry *entry)
{
	struct dentry **place = extfuse_entry_place(entry);

	return place ? READ_ONCE(*place) : NULL;
}

/* Returns the one before. */
static inline struct dentry *extfuse_entry_low_xchg(struct dentry *entry, struct dentry *low)
{
	return xchg(extfuse_entry_place(entry), low);
}
#else
static inline struct dentry *extfuse_entry_low(const struct dentry *entry)
{
	void *data = READ_ONCE(entry->d_fsdata);

	return (long)data < 0 ? data : NULL;
}

static inline struct dentry *extfuse_entry_low_xchg(struct dentry *entry, struct dentry *low)
{
	void *data = xchg(&entry->d_fsdata, (void *)low);

	return (long)data < 0 ? data : NULL;
}
#endif

#endif /* _EXTFUSE_COMPAT_ENTRY_H */
