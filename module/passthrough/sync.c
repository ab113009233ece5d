// SPDX-License-Identifier: GPL-2.0-only
/*
 * syncfs() on a mount: what the kernel wrote on backing objects, or in a tree, is in the
 * caches of the file systems below, so those are synced as well, as overlayfs does.
 * The fork calls this for syncfs(2), and for each sync of the mount.
 */
#include "fuse_i.h"
#include "passthrough/backing.h"
#include "tree/tree.h"
#include <linux/fs.h>

/* A mirror has one file system below, a union a few; of more the rest is the daemon's matter. */
#define SYNC_MOST	16

struct sync_done {
	struct super_block *tree;		/* of the tree, if there is one */
	struct extfuse_backing *on[SYNC_MOST];	/* one object of each file system */
	unsigned int n;
};

static struct super_block *sb_of(const struct extfuse_backing *backing)
{
	return backing->path.mnt->mnt_sb;
}

/* Called under RCU; mounts are freed after a grace period. */
static bool is_on_another(const struct extfuse_backing *backing, void *arg)
{
	const struct sync_done *done = arg;
	unsigned int i;

	if (sb_of(backing) == done->tree)
		return false;
	for (i = 0; i < done->n; i++) {
		if (sb_of(backing) == sb_of(done->on[i]))
			return false;
	}
	return true;
}

/*
 * The object's reference holds the mount, and with it the super block.  The lock
 * is that of syncfs(2), and of ovl_sync_fs(): nobody has it for as long as a file
 * system is frozen, nor while a freeze waits for writers.
 */
static int sync_one(struct super_block *sb)
{
	int err;

	down_read(&sb->s_umount);
	err = sync_filesystem(sb);
	up_read(&sb->s_umount);
	return err;
}

/* The root, which the mount holds, holds the tree. */
static int sync_tree(struct inode *root, struct sync_done *done)
{
	if (!extfuse_low(root))
		return 0;
	done->tree = extfuse_tree_of(root)->mnt->mnt_sb;
	return sync_one(done->tree);
}

/*
 * extfuse_sync_below - call site: the mount is synced
 * @err:	what the daemon said
 *
 * Returns the first error: the daemon's, or that of a file system below.
 */
int extfuse_sync_below(struct super_block *sb, int err)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(sb));
	struct sync_done done = {};
	int ret;

	if (xc)
		extfuse_kept_give_all(xc);
	ret = sync_tree(d_inode(sb->s_root), &done);
	err = err ?: ret;
	while (xc && done.n < SYNC_MOST) {
		struct extfuse_backing *next = extfuse_backing_find(xc, is_on_another, &done);

		if (!next)
			break;
		done.on[done.n++] = next;
		ret = sync_one(sb_of(next));
		err = err ?: ret;
	}
	while (done.n)
		extfuse_backing_put(done.on[--done.n]);
	return err;
}
