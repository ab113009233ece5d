/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel asks of what is below a node, see below.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_BELOW_H
#define _EXTFUSE_PASSTHROUGH_BELOW_H

bool extfuse_names_fold(struct extfuse_conn *xc, const struct fuse_args *args);
bool extfuse_backing_perm_same(struct extfuse_conn *xc, struct inode *inode);
bool extfuse_backing_is_readonly(struct extfuse_conn *xc, struct inode *inode, int mask);
bool extfuse_is_mapped_below(struct inode *inode);

/* Does the VFS keep an ACL of it, or that there is none? */
static inline bool extfuse_acl_is_kept(struct inode *inode)
{
	return !is_uncached_acl(READ_ONCE(inode->i_acl)) ||
	       !is_uncached_acl(READ_ONCE(inode->i_default_acl));
}

/*
 * Call site: attributes have no lifetime left, but the backing object shows the same
 * owner and mode, so permissions are known without a request.  A cached ACL may be
 * out of date.  In RCU walk the inode may be on its way out, and its references are
 * no longer to be dropped: the walk ends there (-ECHILD), and comes again with a
 * reference of its own.
 */
static inline bool extfuse_perm_is_known(struct inode *inode, int mask)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));

	if (!xc || !rcu_access_pointer(xc->backings) ||
	    !(extfuse_set_ops(xc) & BIT_ULL(FUSE_GETATTR)) || !extfuse_backing_perm_same(xc, inode))
		return false;
	if (mask & MAY_NOT_BLOCK)
		return !extfuse_acl_is_kept(inode);
	forget_all_cached_acls(inode);
	return true;
}

#endif /* _EXTFUSE_PASSTHROUGH_BELOW_H */
