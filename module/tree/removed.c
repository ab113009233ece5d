// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are removed below while a dentry or an inode here still holds them.
 *
 * Whoever lets go of such a file last removes its data, which starts a transaction of the
 * file system below and may wait for one that needs memory.  So a task that reclaims
 * memory leaves that to a work item.
 */
#include "fuse_i.h"
#include "later.h"
#include "tree/tree.h"
#include <linux/slab.h>

struct removed {
	struct llist_node next;
	struct path low;
};

static LLIST_HEAD(all_removed);

static void removed_put(struct work_struct *work)
{
	struct removed *removed, *next;

	llist_for_each_entry_safe(removed, next, llist_del_all(&all_removed), next) {
		path_put(&removed->low);
		kfree(removed);
		cond_resched();
	}
}

static DECLARE_WORK(removed_work, removed_put);

/* The mount is there for as long as memory of it is reclaimed, and holds the tree. */
static bool removed_later(const struct super_block *sb, struct dentry *low)
{
	struct removed *removed;

	/* There are reserves for tasks that make memory free. */
	removed = kmalloc(sizeof(*removed), GFP_NOWAIT | __GFP_NOWARN);
	if (!removed)
		return false;
	removed->low.mnt = mntget(extfuse_tree_of(d_inode(sb->s_root))->mnt);
	removed->low.dentry = low;
	/* What was there already has had its work queued. */
	if (llist_add(&removed->next, &all_removed))
		extfuse_free_later(&removed_work);
	return true;
}

/*
 * extfuse_low_put - a dentry or an inode of @sb, which is going away, lets go of what is below
 *
 * Without memory even for that it is done here, as other stacked file systems do.
 */
void extfuse_low_put(const struct super_block *sb, struct dentry *low)
{
	if (likely(!(current->flags & PF_MEMALLOC)) || d_is_negative(low) || d_inode(low)->i_nlink ||
	    !removed_later(sb, low))
		dput(low);
}

/* extfuse_removed_wait - the mount goes: so does all that was left for later */
void extfuse_removed_wait(void)
{
	flush_work(&removed_work);
}
