// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of FORGETs in a tree.
 *
 * fuse has that of each node and of each reply with an entry at hand before it is needed.
 * In a tree nearly none is: nodes are the kernel's, and nothing is counted of them.  So
 * there is none until a reply of the daemon's says otherwise.  A count that is owed is
 * always paid, hence that allocation does not fail.
 */
#include "fuse_i.h"
#include "tree/entry.h"
#include <linux/slab.h>

/* Not yet; kfree() knows it. */
#define NONE_YET	((struct fuse_forget_link *)ZERO_SIZE_PTR)

static struct fuse_forget_link *forget_alloc(void)
{
	return kzalloc(sizeof(struct fuse_forget_link), GFP_NOFS | __GFP_ACCOUNT | __GFP_NOFAIL);
}

/* extfuse_forget_make - call sites: where fuse makes one */
struct fuse_forget_link *extfuse_forget_make(const struct fuse_conn *fc)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	return xc && READ_ONCE(xc->has_tree) ? NONE_YET : fuse_alloc_forget();
}

/* extfuse_forget_need - call site: a count of the daemon's is about to come to the node, which owes a FORGET for it */
void extfuse_forget_need(struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	struct fuse_forget_link *forget;

	if (likely(READ_ONCE(fi->forget) != NONE_YET))
		return;
	forget = forget_alloc();
	/* Somebody may have been quicker. */
	if (cmpxchg(&fi->forget, NONE_YET, forget) != NONE_YET)
		kfree(forget);
}

/* extfuse_forget_real - call site: one is queued */
struct fuse_forget_link *extfuse_forget_real(struct fuse_forget_link *forget)
{
	return likely(forget != NONE_YET) ? forget : forget_alloc();
}
