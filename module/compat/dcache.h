/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name that a dentry is revalidated by.  Since 6.14 the VFS hands a name to
 * d_revalidate() that stays; before, fuse takes the dentry's, which a rename
 * may free, so that a copy is kept for as long as the request lasts.  The copy goes
 * with the lines 6.1, 6.12+deb12 and 6.12+deb13 of dkms/matrix.
 *
 * for_each_alias(): 7.2 has it; before, the list's node was in a union.  Ours goes with the
 * same lines.
 *
 * HAVE_DEFAULT_D_FLAGS: since 6.17 a file system says in flags what its names have; the
 * calls instead go with the same lines.
 */
#ifndef _EXTFUSE_COMPAT_DCACHE_H
#define _EXTFUSE_COMPAT_DCACHE_H

#include <linux/dcache.h>

/* All dentries of an inode, under its i_lock. */
#ifndef for_each_alias
#define for_each_alias(dentry, inode) \
	hlist_for_each_entry(dentry, &(inode)->i_dentry, d_u.d_alias)
#endif

/*
 * Does a directory compare names otherwise than byte by byte?  Under RCU.  Where a
 * file system has an encoding, each directory says so for itself.
 */
static inline bool extfuse_dentry_folds(const struct dentry *dir)
{
	const struct inode *inode = d_inode_rcu(dir);

	if (!inode || !S_ISDIR(inode->i_mode))
		return false;
#if IS_ENABLED(CONFIG_UNICODE)
	if (dir->d_sb->s_encoding)
		return IS_CASEFOLDED(inode);
#endif
	return READ_ONCE(dir->d_flags) & (DCACHE_OP_HASH | DCACHE_OP_COMPARE);
}

/*
 * Does a file system want to be asked for each name that it has given?  Its root may be
 * an exception, and has no name.
 */
static inline bool extfuse_names_are_unsure(const struct dentry *root)
{
	const struct super_block *sb = root->d_sb;

	if (READ_ONCE(root->d_flags) & DCACHE_OP_REVALIDATE)
		return true;
#ifdef HAVE_DEFAULT_D_FLAGS
	return sb->s_d_flags & DCACHE_OP_REVALIDATE;
#else
	return sb->s_d_op && sb->s_d_op->d_revalidate;
#endif
}

#ifdef HAVE_REVALIDATE_NAME
static inline void extfuse_name_hold(struct name_snapshot *snapshot, struct dentry *entry,
				     struct fuse_args *args)
{
}

static inline void extfuse_name_release(struct name_snapshot *snapshot)
{
}
#else
static inline void extfuse_name_hold(struct name_snapshot *snapshot, struct dentry *entry,
				     struct fuse_args *args)
{
	take_dentry_name_snapshot(snapshot, entry);
	args->in_args[0].size = snapshot->name.len + 1;
	args->in_args[0].value = snapshot->name.name;
}

static inline void extfuse_name_release(struct name_snapshot *snapshot)
{
	release_dentry_name_snapshot(snapshot);
}
#endif

#endif /* _EXTFUSE_COMPAT_DCACHE_H */
