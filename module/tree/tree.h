/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees: names below a directory are the kernel's, see tree.c.
 *
 * Each inode of a tree holds the dentry below that it was found by, and each of its
 * dentries the one of its name, also where that is negative.  Both are fixed for as
 * long as ours lives, or until its directory is locked: whoever has ours needs no
 * reference of its own.
 */
#ifndef _EXTFUSE_TREE_TREE_H
#define _EXTFUSE_TREE_TREE_H

#include <linux/dcache.h>
#include <linux/mount.h>
#include <linux/refcount.h>

struct extfuse_conn;
struct extfuse_pass;

struct extfuse_tree {
	struct vfsmount *mnt;		/* what names are looked up on */
	const struct cred *cred;	/* of the opener of /dev/extfuse */
	struct dentry *root;		/* of the root, whose inode holds it */
	__kernel_fsid_t fsid;		/* of the file system below, with which handles are told apart */
	atomic64_t last_id;
	refcount_t refs;		/* one for each inode */
	struct rcu_head rcu;		/* readers in RCU walk */
};

/* What is below an inode of a tree; NULL: it is none.  May be asked in RCU walk. */
static inline struct dentry *extfuse_low(const struct inode *inode)
{
	/* Pairs with the release in extfuse_tree_make(): the tree is there as well. */
	return smp_load_acquire(&get_fuse_inode((struct inode *)inode)->ext.low);
}

/* Of an inode that somebody holds. */
static inline struct inode *extfuse_low_inode(const struct inode *inode)
{
	return d_inode(extfuse_low(inode));
}

static inline struct extfuse_tree *extfuse_tree_of(const struct inode *inode)
{
	return get_fuse_inode((struct inode *)inode)->ext.tree;
}

/* Have owner, mode or links changed below, which the VFS looks at by itself? */
static inline bool extfuse_node_is_old(struct inode *inode, const struct inode *low)
{
	return get_fuse_inode(inode)->orig_i_mode != READ_ONCE(low->i_mode) ||
	       !uid_eq(inode->i_uid, low->i_uid) || !gid_eq(inode->i_gid, low->i_gid) ||
	       inode->i_nlink != READ_ONCE(low->i_nlink);
}

static inline struct path extfuse_low_path(const struct inode *inode)
{
	return (struct path){ .mnt = extfuse_tree_of(inode)->mnt, .dentry = extfuse_low(inode) };
}

static inline bool extfuse_is_kernels(u64 nodeid)
{
	return nodeid & EXTFUSE_NODE_KERNEL;
}

/*
 * Is it a node of the kernel's, or the root that those are below?  Without a tree the
 * daemon may have given the id itself.
 */
static inline bool extfuse_is_in_tree(const struct extfuse_conn *xc, u64 nodeid)
{
	return (extfuse_is_kernels(nodeid) || nodeid == FUSE_ROOT_ID) && READ_ONCE(xc->has_tree);
}

/* tree.c */
int extfuse_tree_make(struct fuse_conn *fc, struct extfuse_conn *xc, const struct path *path,
		      const struct cred *cred, const struct export_operations *handles);
void extfuse_tree_put(struct extfuse_tree *tree);
int extfuse_tree_check(struct fuse_conn *fc, const struct path *path);
void extfuse_tree_abort(struct fuse_conn *fc, struct extfuse_conn *xc);

/*
 * node.c: the inode of what is below, with a reference; NULL: no memory.  @low is
 * positive and stays the caller's; @attr gets what it has below.
 */
struct inode *extfuse_node_get(struct super_block *sb, struct extfuse_tree *tree, struct dentry *low,
			       struct fuse_attr *attr);
/* The same where it is in use; else NULL. */
struct inode *extfuse_node_find(struct super_block *sb, struct extfuse_tree *tree, struct dentry *low);
void extfuse_node_attr(const struct fuse_conn *fc, struct fuse_attr *attr, struct inode *low);
void extfuse_node_renew(struct inode *inode, struct inode *low);
void extfuse_node_settle(struct inode *inode);

/* Call site, of ->destroy_inode(). */
void extfuse_destroy_inode(struct inode *inode);

/* removed.c */
void extfuse_low_put(const struct super_block *sb, struct dentry *low);
void extfuse_removed_wait(void);

/* export.c */
extern const struct export_operations extfuse_tree_export_ops;

/* entry.c: takes over the reference of @low, which may be NULL. */
void extfuse_entry_low_set(struct dentry *entry, struct dentry *low);
void extfuse_entry_moves(struct inode *dir, unsigned int slot, const struct dentry *entry);

#endif /* _EXTFUSE_TREE_TREE_H */
