// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles of a tree (name_to_handle_at(2), NFS, fanotify).  The handle of a node is
 * that of the file below, with the type that it has there in front, so it outlives our
 * inode and our mount as it does there.
 *
 * A handle is no proof of anything: anybody can make one up.  What it leads to must be
 * below the root of the tree, and it is walked to by its names, so that a policy is asked
 * about each.  Of a file that nobody uses the file system below may know no name.  So a
 * handle says in which directory its file was, unless all of that file system is in the
 * tree and no name is asked about.
 */
#include "fuse_i.h"
#include "compat/names.h"
#include "tree/tree.h"
#include <linux/exportfs.h>

#define FILEID_TREE	0xe7
/* Before the handle below: its type. */
#define HANDLE_HEAD	1
/* Others may rename what is walked to. */
#define WALK_TRIES	4

static const struct export_operations *stock_ops(const struct super_block *sb)
{
	return extfuse_conn_get(get_fuse_conn_super((struct super_block *)sb))->stock_export;
}

/* Is a file in the tree, whatever name it has, and is nobody asked about it? */
static bool file_needs_no_name(const struct inode *inode)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn((struct inode *)inode));
	const struct dentry *root = extfuse_tree_of(inode)->root;

	return root == root->d_sb->s_root && !READ_ONCE(xc->names_asked);
}

static int inode_encode(struct inode *low, u32 *fh, int *len, struct inode *parent)
{
#ifdef HAVE_EXPORT_FLAGS
	return exportfs_encode_inode_fh(low, (struct fid *)fh, len, parent, 0);
#else
	return exportfs_encode_inode_fh(low, (struct fid *)fh, len, parent);
#endif
}

static int low_encode(struct inode *inode, u32 *fh, int *len, bool with_parent)
{
	struct dentry *low = extfuse_low(inode), *parent;
	int type;

	if (S_ISDIR(inode->i_mode) || IS_ROOT(low) || (!with_parent && file_needs_no_name(inode)))
		return inode_encode(d_inode(low), fh, len, NULL);
	parent = dget_parent(low);
	type = inode_encode(d_inode(low), fh, len, d_inode(parent));
	dput(parent);
	return type;
}

/* A node of the daemon's has a handle of its own, without a parent that is none of its. */
static int tree_encode_fh(struct inode *inode, u32 *fh, int *max_len, struct inode *parent)
{
	int len = max(*max_len - HANDLE_HEAD, 0);
	int type;

	if (!extfuse_low(inode)) {
		if (parent && extfuse_low(parent))
			parent = NULL;
		return stock_ops(inode->i_sb)->encode_fh(inode, fh, max_len, parent);
	}
	type = low_encode(inode, fh + HANDLE_HEAD, &len, parent);
	if (*max_len < HANDLE_HEAD + len)
		type = FILEID_INVALID;
	*max_len = HANDLE_HEAD + len;
	if (type <= 0 || type >= FILEID_INVALID)
		return FILEID_INVALID;
	fh[0] = type;
	return FILEID_TREE;
}

static int low_is_in_tree(void *tree, struct dentry *low)
{
	return is_subdir(low, ((struct extfuse_tree *)tree)->root);
}

/* A directory's name is always found out. */
static int low_is_file(void *unused, struct dentry *low)
{
	return !d_is_dir(low);
}

/* Who made the handle up may have put a file there, and exportfs would look for names in it. */
static bool parent_is_dir(struct super_block *low_sb, struct fid *fid, int len, u32 type)
{
	const struct export_operations *ops = low_sb->s_export_op;
	struct dentry *parent = ops->fh_to_parent ? ops->fh_to_parent(low_sb, fid, len, type) : NULL;
	bool is_dir;

	if (IS_ERR_OR_NULL(parent))
		return true;
	is_dir = d_is_dir(parent);
	dput(parent);
	return is_dir;
}

static struct dentry *low_decode(const struct inode *root, struct fid *fid, int len)
{
	struct extfuse_tree *tree = extfuse_tree_of(root);
	struct super_block *low_sb = tree->root->d_sb;
	struct fid *low_fid = (struct fid *)&fid->raw[HANDLE_HEAD];
	int low_len = len - HANDLE_HEAD;
	struct dentry *low;
	u32 type;

	if (low_len <= 0 || !low_sb->s_export_op || !low_sb->s_export_op->fh_to_dentry)
		return ERR_PTR(-ESTALE);
	type = fid->raw[0];
	if (!type || type >= FILEID_INVALID || !parent_is_dir(low_sb, low_fid, low_len, type))
		return ERR_PTR(-ESTALE);
	low = exportfs_decode_fh(tree->mnt, low_fid, low_len, type, low_is_in_tree, tree);
	if (!IS_ERR(low) || !file_needs_no_name(root))
		return low;
	return exportfs_decode_fh(tree->mnt, low_fid, low_len, type, low_is_file, NULL);
}

/* The names from the root of the tree to @low, the last one at the end of @buf. */
static char *path_write(const struct extfuse_tree *tree, struct dentry *low, char *buf, size_t size)
{
	struct dentry *here = dget(low), *parent;
	struct name_snapshot name;
	char *start = buf + size;

	*--start = 0;
	while (here != tree->root && !IS_ROOT(here)) {
		take_dentry_name_snapshot(&name, here);
		if (start - buf > name.name.len) {
			start -= name.name.len;
			memcpy(start, name.name.name, name.name.len);
			*--start = '/';
		} else {
			start = NULL;
		}
		release_dentry_name_snapshot(&name);
		if (!start)
			break;
		parent = dget_parent(here);
		dput(here);
		here = parent;
	}
	dput(here);
	return here == tree->root ? start : NULL;
}

/* The dentry here of what has these names, as a walk in the mount finds it. */
static struct dentry *path_walk(struct super_block *sb, const struct extfuse_tree *tree, const char *names)
{
	/* Of the mount only the idmap counts, and neither has one. */
	struct path here = { .mnt = tree->mnt, .dentry = dget(sb->s_root) };
	struct dentry *next;
	struct qstr name;

	while (*names++) {
		name = (struct qstr)QSTR_INIT(names, strchrnul(names, '/') - names);
		names += name.len;
		next = d_is_dir(here.dentry) ? extfuse_low_lookup(&here, &name) : ERR_PTR(-ESTALE);
		dput(here.dentry);
		if (IS_ERR(next))
			return next;
		here.dentry = next;
	}
	return here.dentry;
}

static bool entry_is_of(const struct dentry *entry, const struct dentry *low)
{
	return d_is_positive(entry) && extfuse_low(d_inode(entry)) &&
	       extfuse_low_inode(d_inode(entry)) == d_inode(low);
}

static struct dentry *walk_to(struct super_block *sb, const struct extfuse_tree *tree, struct dentry *low)
{
	struct dentry *entry = ERR_PTR(-ESTALE);
	char *buf = __getname();
	unsigned int i;
	char *names;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < WALK_TRIES; i++) {
		names = path_write(tree, low, buf, PATH_MAX);
		entry = names ? path_walk(sb, tree, names) : ERR_PTR(-ESTALE);
		if (!IS_ERR(entry) && entry_is_of(entry, low))
			break;
		if (!IS_ERR(entry))
			dput(entry);
		entry = ERR_PTR(-ESTALE);
	}
	__putname(buf);
	return entry;
}

static struct dentry *tree_fh_to_dentry(struct super_block *sb, struct fid *fid, int len, int type)
{
	struct inode *root = d_inode(sb->s_root);
	struct dentry *low, *entry;
	struct extfuse_tree *tree;
	struct fuse_attr attr;

	if (type != FILEID_TREE)
		return stock_ops(sb)->fh_to_dentry(sb, fid, len, type);
	/* A submount of the daemon's is no tree. */
	if (!extfuse_low(root))
		return NULL;
	tree = extfuse_tree_of(root);
	low = low_decode(root, fid, len);
	if (IS_ERR_OR_NULL(low))
		return low;
	if (low_is_in_tree(tree, low))
		entry = walk_to(sb, tree, low);
	else
		entry = d_obtain_alias(extfuse_node_get(sb, tree, low, &attr));
	dput(low);
	return entry;
}

/* Where the parent is known, the file was found in it. */
static struct dentry *tree_fh_to_parent(struct super_block *sb, struct fid *fid, int len, int type)
{
	return type == FILEID_TREE ? NULL : stock_ops(sb)->fh_to_parent(sb, fid, len, type);
}

/* Of a directory of the daemon's; one of the kernel's is found with its parents. */
static struct dentry *tree_get_parent(struct dentry *child)
{
	if (extfuse_low(d_inode(child)))
		return ERR_PTR(-ESTALE);
	return stock_ops(child->d_sb)->get_parent(child);
}

const struct export_operations extfuse_tree_export_ops = {
	.encode_fh	= tree_encode_fh,
	.fh_to_dentry	= tree_fh_to_dentry,
	.fh_to_parent	= tree_fh_to_parent,
	.get_parent	= tree_get_parent,
};
