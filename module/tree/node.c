// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes of a tree: the inode here is the inode below, whatever name, hard link or
 * reply of the daemon leads to it.
 *
 * The key is the address of the inode below, which a node pins from before it is found
 * in the hash until after it was taken out (->destroy_inode()), so it is nobody else's
 * meanwhile.  An id is made of a counter, and is never given twice.
 */
#include "fuse_i.h"
#include "tree/tree.h"
#include "compat/inode.h"

struct node_key {
	struct extfuse_tree *tree;
	struct dentry *low;
};

/* Both under the lock of the inode hash. */
static int low_test(struct inode *inode, void *data)
{
	const struct node_key *key = data;
	const struct dentry *low = get_fuse_inode(inode)->ext.low;

	return low && d_inode(low) == d_inode(key->low) && get_node_id(inode) != FUSE_ROOT_ID;
}

static int low_set(struct inode *inode, void *data)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	struct node_key *key = data;

	fi->nodeid = EXTFUSE_NODE_KERNEL | atomic64_inc_return(&key->tree->last_id);
	fi->ext.tree = key->tree;
	refcount_inc(&key->tree->refs);
	fi->ext.low = dget(key->low);
	return 0;
}

/* As the file system below has them in its inode: nobody keeps them. */
void extfuse_node_attr(const struct fuse_conn *fc, struct fuse_attr *attr, struct inode *low)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = low->i_ino;
	attr->size = i_size_read(low);
	attr->blocks = low->i_blocks;
	extfuse_times_get(attr, low);
	attr->mode = READ_ONCE(low->i_mode);
	attr->nlink = READ_ONCE(low->i_nlink);
	attr->uid = from_kuid_munged(fc->user_ns, low->i_uid);
	attr->gid = from_kgid_munged(fc->user_ns, low->i_gid);
	attr->rdev = new_encode_dev(low->i_rdev);
	attr->blksize = i_blocksize(low);
}

/* Who changes owner and mode below holds the lock of the inode there. */
static void node_take(struct inode *inode, const struct inode *low, umode_t mode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	spin_lock(&fi->lock);
	inode->i_uid = low->i_uid;
	inode->i_gid = low->i_gid;
	fi->orig_i_mode = mode;
	inode->i_mode = mode;
	if (inode->i_nlink != READ_ONCE(low->i_nlink))
		set_nlink(inode, READ_ONCE(low->i_nlink));
	spin_unlock(&fi->lock);
}

/*
 * extfuse_node_renew - takes owner, mode and links as they are below; does not sleep
 *
 * The set-id bits of a program and the owner that they are of belong together.  While
 * somebody changes them the bits are left out, and the next look finds them.
 */
void extfuse_node_renew(struct inode *inode, struct inode *low)
{
	umode_t mode = READ_ONCE(low->i_mode);

	if (likely(!S_ISREG(mode) || !(mode & (S_ISUID | S_ISGID)))) {
		node_take(inode, low, mode);
	} else if (inode_trylock_shared(low)) {
		node_take(inode, low, READ_ONCE(low->i_mode));
		inode_unlock_shared(low);
	} else {
		node_take(inode, low, mode & ~(S_ISUID | S_ISGID));
	}
}

/* extfuse_node_settle - the same for exec(), which takes what is here for whose program it is */
void extfuse_node_settle(struct inode *inode)
{
	struct inode *low = extfuse_low_inode(inode);

	inode_lock_shared(low);
	node_take(inode, low, READ_ONCE(low->i_mode));
	inode_unlock_shared(low);
}

/* Nobody has it yet.  Of its attributes it has what the VFS looks at by itself. */
static void node_init(struct inode *inode, struct inode *low, struct fuse_attr *attr)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	inode->i_flags |= S_NOATIME | S_NOCMTIME;
	inode->i_generation = 0;
	extfuse_inode_init(inode, attr);
	extfuse_atime_take(inode, attr);
	/* What is kept of ACLs is kept below. */
	inode->i_acl = inode->i_default_acl = ACL_DONT_CACHE;
	inode->i_ino = low->i_ino;
	inode->i_blkbits = low->i_blkbits;
	inode->i_blocks = low->i_blocks;
	fi->orig_ino = low->i_ino;
	fi->attr_version = atomic64_inc_return(&get_fuse_conn(inode)->attr_version);
	fi->inval_mask &= ~STATX_BASIC_STATS;
	/* Ids that the namespace of the mount has no numbers for stay what they are. */
	extfuse_node_renew(inode, low);
}

struct inode *extfuse_node_get(struct super_block *sb, struct extfuse_tree *tree, struct dentry *low,
			       struct fuse_attr *attr)
{
	struct node_key key = { .tree = tree, .low = low };
	struct inode *inode;

	extfuse_node_attr(get_fuse_conn_super(sb), attr, d_inode(low));
	if (d_inode(low) == d_inode(tree->root))
		return igrab(d_inode(sb->s_root));
	inode = iget5_locked(sb, (unsigned long)d_inode(low), low_test, low_set, &key);
	if (!inode)
		return NULL;
	if (extfuse_inode_is_new(inode)) {
		node_init(inode, d_inode(low), attr);
		unlock_new_inode(inode);
	} else {
		/* Its size is that of what is done on it here. */
		extfuse_node_renew(inode, d_inode(low));
	}
	return inode;
}

struct inode *extfuse_node_find(struct super_block *sb, struct extfuse_tree *tree, struct dentry *low)
{
	struct node_key key = { .tree = tree, .low = low };

	return ilookup5(sb, (unsigned long)d_inode(low), low_test, &key);
}

/*
 * extfuse_destroy_inode - ->destroy_inode(): nobody finds the inode any more
 *
 * A walker in RCU mode may still read what is here: memory goes after a grace period.
 */
void extfuse_destroy_inode(struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (!fi->ext.low)
		return;
	/* The last one of the mount. */
	if (fi->nodeid == FUSE_ROOT_ID)
		extfuse_removed_wait();
	extfuse_low_put(inode->i_sb, fi->ext.low);
	extfuse_tree_put(fi->ext.tree);
}
