// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees: names below a directory are the kernel's.  The daemon says so with the
 * backing object of the root (EXTFUSE_BACKING_TREE).  Then each name is looked up,
 * made, moved and removed on the file system below, and no request goes up unless a
 * program sends it there.
 *
 *   node.c		inodes: one for each inode below, whatever name leads to it
 *   entry.c		dentries: is a name still what it was found to be?
 *   lookup.c, change.c	what is done for a request, once a program says PASSTHROUGH
 *   found.c		what a reply of theirs names, and the dentry of the name
 *   own.c		a policy is asked about a file's own name, where names fold case
 *   attr.c		attributes and permissions, which need no request
 *   upcall.c		what the daemon may open, for as long as a request names it
 *   reply.c		what a daemon's reply names
 *   export.c		file handles
 *   removed.c		what is held of files that are removed below
 *   forget.c		the memory of FORGETs, which nearly no node needs
 *
 * Nothing is counted, and nothing has a lifetime.  An inode of a tree holds its tree,
 * and through that the mount below; the last one that goes lets it go.
 *
 * Order of locks: our s_writers > our s_vfs_rename_mutex > our i_rwsem (directories,
 * then what is changed), all of them taken by the VFS before it calls us > s_writers
 * below > s_vfs_rename_mutex below > i_rwsem below.  d_lock, fi->lock and the lock of
 * the inode hash are leaves.  Under i_rwsem below own.c lists the directory and runs a
 * program; it has opened the directory before.  Revalidation takes none, for it is called with and
 * without the directory's.
 */
#include "fuse_i.h"
#include "later.h"
#include "tree/tree.h"
#include "compat/dcache.h"
#include <linux/slab.h>
#include <linux/statfs.h>

static struct extfuse_tree *tree_alloc(const struct path *path, const struct cred *cred)
{
	struct extfuse_tree *tree = kzalloc(sizeof(*tree), GFP_KERNEL_ACCOUNT);
	struct kstatfs st;

	if (!tree)
		return NULL;
	tree->mnt = mntget(path->mnt);
	tree->cred = get_cred(cred);
	tree->root = path->dentry;
	if (!vfs_statfs(path, &st))
		tree->fsid = st.f_fsid;
	refcount_set(&tree->refs, 1);
	return tree;
}

/* An inode lets it go; it has put its dentry below before. */
void extfuse_tree_put(struct extfuse_tree *tree)
{
	if (!refcount_dec_and_test(&tree->refs))
		return;
	mntput(tree->mnt);
	put_cred(tree->cred);
	kfree_rcu(tree, rcu);
}

/*
 * extfuse_tree_check - can names below @path be the kernel's?
 *
 * Elsewhere than on a disk of its own, a file system that wants to be asked for each
 * name it has given may give another dentry for the same file at any time.  Owners that
 * the VFS looks at by itself, in an inode here, are those of the file system below, not
 * those that an idmapped mount shows.
 */
int extfuse_tree_check(struct fuse_conn *fc, const struct path *path)
{
	const struct dentry *root = path->dentry;

	if (!fc->default_permissions)
		return -EINVAL;
	if (!d_is_dir(root))
		return -ENOTDIR;
	if (is_idmapped_mnt(path->mnt) || READ_ONCE(root->d_flags) & DCACHE_OP_WEAK_REVALIDATE)
		return -EOPNOTSUPP;
	if (extfuse_names_are_unsure(root) && !(root->d_sb->s_type->fs_flags & FS_REQUIRES_DEV))
		return -EOPNOTSUPP;
	return 0;
}

/* The root inode is there since the mount; it is looked at by everybody from here on. */
static void tree_publish(struct inode *root, struct extfuse_tree *tree, const struct path *path)
{
	struct fuse_inode *fi = get_fuse_inode(root);

	/* What is kept of ACLs is kept below. */
	forget_all_cached_acls(root);
	root->i_acl = root->i_default_acl = ACL_DONT_CACHE;
	fi->ext.tree = tree;
	/* Pairs with the acquire in extfuse_low(). */
	smp_store_release(&fi->ext.low, dget(path->dentry));
}

/* Under the connection's lock, so that none comes. */
static bool conn_is_shadow(const struct extfuse_conn *xc)
{
	return extfuse_set_flags(xc) & EXTFUSE_ATTACH_SHADOW;
}

/*
 * extfuse_tree_make - from now on names are the kernel's
 * @handles:	how file handles are made of them
 *
 * Before INIT is answered there is one mount, with one inode, and nobody has asked
 * anything.  -EBUSY: it was answered, or there is a tree.
 */
int extfuse_tree_make(struct fuse_conn *fc, struct extfuse_conn *xc, const struct path *path,
		      const struct cred *cred, const struct export_operations *handles)
{
	struct fuse_mount *fm;
	struct inode *root;
	int err = -EBUSY;

	mutex_lock(&xc->lock);
	if (xc->has_tree || extfuse_conn_is_ready(fc) || conn_is_shadow(xc))
		goto out;
	err = -ENOTCONN;
	down_read(&fc->killsb);
	root = fuse_ilookup(fc, FUSE_ROOT_ID, &fm);
	if (root) {
		struct extfuse_tree *tree = tree_alloc(path, cred);

		err = tree ? 0 : -ENOMEM;
		if (tree) {
			tree_publish(root, tree, path);
			xc->stock_export = root->i_sb->s_export_op;
			WRITE_ONCE(root->i_sb->s_export_op, handles);
			/* How large a file may be is asked of the mount, before anything goes below. */
			root->i_sb->s_maxbytes = path->dentry->d_sb->s_maxbytes;
		}
		iput(root);
	}
	up_read(&fc->killsb);
	if (!err)
		WRITE_ONCE(xc->has_tree, true);
out:
	mutex_unlock(&xc->lock);
	return err;
}

/* What somebody has open, stands in, or has mounted something on stays; all else lets go. */
static void tree_abort_work(struct work_struct *work)
{
	struct extfuse_conn *xc = container_of(work, struct extfuse_conn, tree_work);
	struct fuse_conn *fc = xc->tree_fc;
	struct fuse_mount *fm;

	down_read(&fc->killsb);
	list_for_each_entry(fm, &fc->mounts, fc_entry) {
		if (fm->sb)
			shrink_dcache_sb(fm->sb);
	}
	up_read(&fc->killsb);
	fuse_conn_put(fc);
}

/*
 * extfuse_tree_abort - the daemon is gone: nobody can use the tree any more
 *
 * The file system below need not wait for the mount's end.  Takes no lock.
 */
void extfuse_tree_abort(struct fuse_conn *fc, struct extfuse_conn *xc)
{
	if (!READ_ONCE(xc->has_tree) || cmpxchg(&xc->tree_fc, NULL, fc))
		return;
	fuse_conn_get(fc);
	INIT_WORK(&xc->tree_work, tree_abort_work);
	extfuse_free_later(&xc->tree_work);
}
