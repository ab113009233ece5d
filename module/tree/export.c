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
 * tree and no name is asked about.  A file that was removed while it is in use here has
 * no name to be asked about.
 */
#include "fuse_i.h"
#include "compat/names.h"
#include "tree/entry.h"
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

static bool names_are_asked(const struct super_block *sb)
{
	return READ_ONCE(extfuse_conn_get(get_fuse_conn_super((struct super_block *)sb))->names_asked);
}

/* Is all of the file system below in the tree? */
static bool tree_is_whole(const struct extfuse_tree *tree)
{
	return tree->root == tree->root->d_sb->s_root;
}

/* Is a file in the tree, whatever name it has, and is nobody asked about it? */
static bool file_needs_no_name(const struct inode *inode)
{
	return tree_is_whole(extfuse_tree_of(inode)) && !names_are_asked(inode->i_sb);
}

static int inode_encode(struct inode *low, u32 *fh, int *len, struct inode *parent)
{
#ifdef HAVE_EXPORT_FLAGS
	return exportfs_encode_inode_fh(low, (struct fid *)fh, len, parent, 0);
#else
	return exportfs_encode_inode_fh(low, (struct fid *)fh, len, parent);
#endif
}

/* A name that the inode has now, below, with a reference: one that was looked up here, else any. */
static struct dentry *low_alias(struct inode *inode)
{
	struct dentry *entry = d_find_alias(inode);
	struct dentry *low = entry ? extfuse_entry_low_get(entry) : NULL;

	dput(entry);
	if (low && !d_unhashed(low))
		return low;
	dput(low);
	return d_find_alias(extfuse_low_inode(inode));
}

/* The directory below of one of the names, with a reference; NULL: none is known. */
static struct dentry *low_parent(struct inode *inode)
{
	struct dentry *low = low_alias(inode), *parent;

	if (!low)
		return NULL;
	parent = IS_ROOT(low) ? NULL : dget_parent(low);
	dput(low);
	return parent;
}

static int low_encode(struct inode *inode, u32 *fh, int *len, struct inode *of)
{
	struct inode *low = extfuse_low_inode(inode);
	struct dentry *parent = NULL;
	int type;

	if (of && extfuse_low(of))
		return inode_encode(low, fh, len, extfuse_low_inode(of));
	if (!S_ISDIR(inode->i_mode) && !file_needs_no_name(inode))
		parent = low_parent(inode);
	type = inode_encode(low, fh, len, parent ? d_inode(parent) : NULL);
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

/*
 * The names from the root of the tree to @low, the last one at the end of @buf.  The
 * length, also where it is more than @size; 0: it is not below the root.
 */
static size_t path_write(const struct extfuse_tree *tree, struct dentry *low, char *buf, size_t size)
{
	struct dentry *here = dget(low), *parent;
	struct name_snapshot name;
	size_t len = 1;

	buf[size - 1] = 0;
	while (here != tree->root && !IS_ROOT(here)) {
		take_dentry_name_snapshot(&name, here);
		len += name.name.len + 1;
		if (len <= size) {
			buf[size - len] = '/';
			memcpy(&buf[size - len + 1], name.name.name, name.name.len);
		}
		release_dentry_name_snapshot(&name);
		parent = dget_parent(here);
		dput(here);
		here = parent;
	}
	dput(here);
	return here == tree->root ? len : 0;
}

/*
 * The same in a buffer of its own, which is less than what the dentries on the way take.
 * A file may be deeper than a path is long.
 */
static char *names_get(const struct extfuse_tree *tree, struct dentry *low, char **names)
{
	size_t size = PATH_MAX, len;
	char *buf;

	for (;;) {
		buf = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!buf)
			return ERR_PTR(-ENOMEM);
		len = path_write(tree, low, buf, size);
		if (len && len <= size)
			break;
		kvfree(buf);
		if (!len)
			return ERR_PTR(-ESTALE);
		size = len;
	}
	*names = buf + size - len;
	return buf;
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

static struct dentry *walk_once(struct super_block *sb, const struct extfuse_tree *tree, struct dentry *low)
{
	struct dentry *entry;
	char *buf, *names;

	buf = names_get(tree, low, &names);
	if (IS_ERR(buf))
		return ERR_CAST(buf);
	entry = path_walk(sb, tree, names);
	kvfree(buf);
	if (IS_ERR(entry) || entry_is_of(entry, low))
		return entry;
	dput(entry);
	return ERR_PTR(-ESTALE);
}

static struct dentry *walk_to(struct super_block *sb, const struct extfuse_tree *tree, struct dentry *low)
{
	struct dentry *entry = ERR_PTR(-ESTALE);
	unsigned int i;

	for (i = 0; i < WALK_TRIES && IS_ERR(entry); i++)
		entry = walk_once(sb, tree, low);
	return entry;
}

struct decoding {
	struct super_block *sb;
	struct extfuse_tree *tree;
	struct dentry *entry;		/* what was walked to, with a reference */
};

/* Of a file that has several names, those are tried one after the other. */
static int low_is_reached(void *data, struct dentry *low)
{
	struct decoding *decoding = data;
	struct dentry *entry;

	if (!is_subdir(low, decoding->tree->root))
		return false;
	entry = walk_to(decoding->sb, decoding->tree, low);
	if (IS_ERR(entry))
		return false;
	dput(decoding->entry);
	decoding->entry = entry;
	return true;
}

static int low_is_file(void *unused, struct dentry *low)
{
	return !d_is_dir(low);
}

/*
 * Where all of the file system is in the tree, its file is, whatever name it has.  Else
 * a file is that has no name any more, and that somebody here has still in use.
 */
static struct inode *file_find(struct super_block *sb, struct extfuse_tree *tree, struct dentry *low)
{
	struct fuse_attr attr;

	if (tree_is_whole(tree))
		return extfuse_node_get(sb, tree, low, &attr);
	return d_inode(low)->i_nlink ? NULL : extfuse_node_find(sb, tree, low);
}

static struct dentry *file_by_number(struct super_block *sb, struct fid *low_fid, int len, u32 type)
{
	struct extfuse_tree *tree = extfuse_tree_of(d_inode(sb->s_root));
	struct dentry *low, *entry;

	low = exportfs_decode_fh(tree->mnt, low_fid, len, type, low_is_file, NULL);
	if (IS_ERR_OR_NULL(low))
		return low;
	entry = d_obtain_alias(file_find(sb, tree, low));
	dput(low);
	return entry;
}

static struct dentry *low_decode(struct super_block *sb, struct fid *low_fid, int len, u32 type)
{
	struct decoding decoding = { .sb = sb, .tree = extfuse_tree_of(d_inode(sb->s_root)) };
	struct super_block *low_sb = decoding.tree->root->d_sb;
	struct dentry *low;

	if (!low_sb->s_export_op || !low_sb->s_export_op->fh_to_dentry)
		return ERR_PTR(-ESTALE);
	if (!type || type >= FILEID_INVALID || !parent_is_dir(low_sb, low_fid, len, type))
		return ERR_PTR(-ESTALE);
	low = exportfs_decode_fh(decoding.tree->mnt, low_fid, len, type, low_is_reached, &decoding);
	if (!IS_ERR_OR_NULL(low)) {
		dput(low);
		return decoding.entry;
	}
	dput(decoding.entry);
	if (names_are_asked(sb))
		return low;
	return file_by_number(sb, low_fid, len, type);
}

/* The number of a node of the kernel's is no handle: it finds nothing when the node has gone. */
static bool stock_fid_is_kernels(const struct fid *fid, int len)
{
	return len > 0 && fid->raw[0] >> 31;
}

static struct dentry *tree_fh_to_dentry(struct super_block *sb, struct fid *fid, int len, int type)
{
	if (type != FILEID_TREE)
		return stock_fid_is_kernels(fid, len) ? NULL : stock_ops(sb)->fh_to_dentry(sb, fid, len, type);
	/* A submount of the daemon's is no tree. */
	if (!extfuse_low(d_inode(sb->s_root)) || len <= HANDLE_HEAD)
		return NULL;
	return low_decode(sb, (struct fid *)&fid->raw[HANDLE_HEAD], len - HANDLE_HEAD, fid->raw[0]);
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
