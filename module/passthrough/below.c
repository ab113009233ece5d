// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel asks of what is below a node, without a request: may what the fork
 * knows of owner and mode still be believed, does a directory fold names, is it
 * read-only, is it mapped.
 */
#include "fuse_i.h"
#include "passthrough/backing.h"
#include "passthrough/below.h"
#include "tree/tree.h"
#include "compat/dcache.h"
#include "compat/vfs.h"

/* Where an inode is below, for as long as RCU is held; false: nobody has said. */
static bool path_of(struct extfuse_conn *xc, struct inode *inode, struct path *path)
{
	const struct extfuse_backing *backing;

	if (extfuse_low(inode)) {
		*path = extfuse_low_path(inode);
		/* On its way out, it has let go what is below. */
		return d_inode_rcu(path->dentry);
	}
	backing = extfuse_backing_peek(xc, &get_fuse_inode(inode)->nodeid);
	if (!backing || !extfuse_backing_is_of(backing, inode))
		return false;
	*path = backing->path;
	return true;
}

/*
 * extfuse_backing_perm_same - does the fork know owner and mode as they are below?
 *
 * Asked in RCU walk.  The mode has the type in it.  A file system below with its own
 * ->permission() may go by more than its inode says.
 */
bool extfuse_backing_perm_same(struct extfuse_conn *xc, struct inode *inode)
{
	const struct fuse_inode *fi = get_fuse_inode(inode);
	const struct inode *low = NULL;
	struct path path;
	bool same;

	rcu_read_lock();
	if (path_of(xc, inode, &path) && !is_idmapped_mnt(path.mnt))
		low = d_inode(path.dentry);
	same = low && !low->i_op->permission && READ_ONCE(low->i_mode) == fi->orig_i_mode &&
	       uid_eq(low->i_uid, inode->i_uid) && gid_eq(low->i_gid, inode->i_gid);
	rcu_read_unlock();
	return same;
}

/* Where there is no room for objects, what has none may be anywhere. */
static bool node_folds(struct extfuse_conn *xc, struct inode *inode, u64 nodeid)
{
	const struct extfuse_backing *backing;

	if (inode && extfuse_low(inode))
		return extfuse_dentry_folds(extfuse_low(inode));
	backing = extfuse_backing_peek(xc, &nodeid);
	return backing ? extfuse_dentry_folds(backing->path.dentry) : extfuse_backings_full(xc);
}

/* extfuse_names_fold - may the directory below take a name of this request for another? */
bool extfuse_names_fold(struct extfuse_conn *xc, const struct fuse_args *args)
{
	struct inode *dir2 = args->ext.dir2;
	bool folds;

	rcu_read_lock();
	folds = node_folds(xc, args->ext.inode, args->nodeid) || (dir2 && node_folds(xc, dir2, get_node_id(dir2)));
	rcu_read_unlock();
	return folds;
}

/* A file system says so first; a mount, where the caller might do it otherwise. */
static bool path_is_readonly(const struct path *path, int mask)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	if (!__mnt_is_readonly(path->mnt))
		return false;
	if (sb_rdonly(inode->i_sb))
		return true;
	err = inode_permission(mnt_idmap(path->mnt), inode, mask | MAY_NOT_BLOCK);
	return !err || err == -ECHILD;
}

/* extfuse_backing_is_readonly - does a read-only file system or mount below refuse to write to the node? */
bool extfuse_backing_is_readonly(struct extfuse_conn *xc, struct inode *inode, int mask)
{
	struct path path;
	bool readonly;

	rcu_read_lock();
	readonly = path_of(xc, inode, &path) && path_is_readonly(&path, mask & (MAY_READ | MAY_WRITE | MAY_EXEC));
	rcu_read_unlock();
	return readonly;
}

/*
 * extfuse_is_mapped_below - is the file below mapped shared and writable?
 *
 * Until 6.8 nothing of the mount is in such a mapping: the inode that knows of it
 * may have gone, and come again.
 */
bool extfuse_is_mapped_below(struct inode *inode)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));
	struct path path;
	bool mapped;

	if (!xc || !rcu_access_pointer(xc->backings))
		return false;
	rcu_read_lock();
	mapped = path_of(xc, inode, &path) && mapping_writably_mapped(d_inode(path.dentry)->i_mapping);
	rcu_read_unlock();
	return mapped;
}
