// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes and permissions in a tree: both are what the file system below says, each
 * time, so they need no request, and nothing is kept of them.
 */
#include "fuse_i.h"
#include "params.h"
#include "stats.h"
#include "tree/attr.h"
#include "compat/inode.h"
#include "compat/statx.h"
#include "compat/vfs.h"

/* So long relatime keeps a time of reading that nothing has made old, in seconds. */
#define DAY	(24 * 60 * 60)

/* As fuse_allow_current_process() has it; nearly always the mount is everybody's. */
static bool caller_is_allowed(const struct fuse_conn *fc)
{
	return likely(fc->allow_other && fc->user_ns == current_user_ns()) ||
	       fuse_allow_current_process((struct fuse_conn *)fc);
}

/* In RCU walk the inode may be on its way out, and have let go what is below. */
int extfuse_low_permission(struct inode *inode, int mask)
{
	struct inode *low = d_inode_rcu(extfuse_low(inode));

	if (unlikely(fuse_is_bad(inode)))
		return -EIO;
	if (unlikely(extfuse_is_readonly(inode, mask)))
		return -EROFS;
	if (unlikely(!caller_is_allowed(get_fuse_conn(inode))))
		return -EACCES;
	if (unlikely(!low))
		return -ECHILD;
	/* The VFS looks at owner and mode by itself next: sticky directories, protected links. */
	if (unlikely(extfuse_node_is_old(inode, low))) {
		if (mask & MAY_NOT_BLOCK)
			return -ECHILD;
		extfuse_node_renew(inode, low);
	}
	return inode_permission(mnt_idmap(extfuse_tree_of(inode)->mnt), low, mask);
}

/*
 * Is a program to be asked, or the daemon?  Not where all that the set says of attributes
 * is PASSTHROUGH.  With the writeback cache the size below is old.
 */
bool extfuse_getattr_is_asked(struct inode *inode)
{
	const u64 ops = BIT_ULL(FUSE_GETATTR) | BIT_ULL(FUSE_STATX);
	struct fuse_conn *fc = get_fuse_conn(inode);
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	return (extfuse_set_plain_ops(xc) & ops) != ops || !READ_ONCE(extfuse_programs) ||
	       fc->writeback_cache || !extfuse_conn_is_ready(fc);
}

/* Is the second time not before the first? */
static bool is_since(u64 sec, u32 nsec, u64 then, u32 then_nsec)
{
	return sec == then ? then_nsec >= nsec : (s64)then > (s64)sec;
}

/*
 * extfuse_link_is_due - to follow the link moves the time at which it was last read
 *
 * Then its target does not come from the page cache: a READLINK moves that time below.  As
 * the VFS decides it (relatime), which has no name for it that modules may use.
 */
bool extfuse_link_is_due(struct inode *inode)
{
	const struct inode *low;
	struct fuse_attr attr;
	int flags;

	if (!extfuse_low(inode))
		return false;
	/* In RCU walk the inode may be on its way out. */
	low = d_inode_rcu(extfuse_low(inode));
	if (unlikely(!low))
		return true;
	flags = READ_ONCE(extfuse_tree_of(inode)->mnt->mnt_flags);
	if (flags & (MNT_NOATIME | MNT_READONLY) || IS_NOATIME(low) || IS_RDONLY(low))
		return false;
	extfuse_times_get(&attr, low);
	return !(flags & MNT_RELATIME) ||
	       is_since(attr.atime, attr.atimensec, attr.mtime, attr.mtimensec) ||
	       is_since(attr.atime, attr.atimensec, attr.ctime, attr.ctimensec) ||
	       ktime_get_real_seconds() - (s64)attr.atime >= DAY;
}

int extfuse_low_getattr(struct inode *inode, struct kstat *stat, u32 mask, unsigned int flags)
{
	struct path path = extfuse_low_path(inode);
	int err;

	err = vfs_getattr_nosec(&path, stat, mask, flags & AT_STATX_SYNC_TYPE);
	if (err)
		return err;
	stat->dev = inode->i_sb->s_dev;
	if (extfuse_node_is_old(inode, d_inode(path.dentry)))
		extfuse_node_renew(inode, d_inode(path.dentry));
	extfuse_count(extfuse_conn_get(get_fuse_conn(inode)), FUSE_GETATTR, passed);
	return 0;
}
