/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites for attributes and permissions, see attr.c.
 */
#ifndef _EXTFUSE_TREE_ATTR_H
#define _EXTFUSE_TREE_ATTR_H

#include "tree/tree.h"
#include <linux/statfs.h>

int extfuse_low_permission(struct inode *inode, int mask);
int extfuse_low_getattr(struct inode *inode, struct kstat *stat, u32 mask, unsigned int flags);
bool extfuse_getattr_is_asked(struct inode *inode);
/* Call site: the target of a link is about to come from the page cache. */
bool extfuse_link_is_due(struct inode *inode);

/*
 * Call site: who may do what is decided below.  A caller through an idmapped mount has
 * other ids there; for it the fork checks what it knows, as ever.
 */
static inline bool extfuse_permission_is_below(struct inode *inode)
{
	return extfuse_low(inode) && !extfuse_may_idmap(get_fuse_mount(inode));
}

/* Call site: attributes are what they are below, unless a program wants to be asked. */
static inline bool extfuse_getattr_is_below(struct inode *inode)
{
	return extfuse_permission_is_below(inode) && !extfuse_getattr_is_asked(inode);
}

/* Call site: a new owner takes set-id bits away, which chown() does below; no mode is computed here. */
static inline bool extfuse_kills_below(const struct inode *inode, const struct iattr *attr)
{
	return attr->ia_valid & (ATTR_UID | ATTR_GID) && !(attr->ia_valid & ATTR_SIZE) && extfuse_low(inode);
}

/* Call site: statfs() was answered, by whomever. */
static inline void extfuse_fsid_take(const struct super_block *sb, struct kstatfs *st)
{
	const struct inode *root = d_inode(sb->s_root);

	if (extfuse_low(root))
		st->f_fsid = extfuse_tree_of(root)->fsid;
}

/* Call sites: ACLs are kept below, so here there is nothing to forget, and nothing is kept afterwards. */
static inline void extfuse_acls_forget(struct inode *inode)
{
	if (!extfuse_low(inode))
		forget_all_cached_acls(inode);
}
#define forget_all_cached_acls(inode)	extfuse_acls_forget(inode)

#endif /* _EXTFUSE_TREE_ATTR_H */
