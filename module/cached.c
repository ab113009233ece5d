// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was read stays when a file is closed: a reply program of OPEN says so with
 * FOPEN_KEEP_CACHE, one of OPENDIR with FOPEN_CACHE_DIR beside it, and here is looked at
 * whether it may.
 *
 * An inode knows since when all that is cached of its data, or of its listing, is so
 * (struct extfuse_node.pages): since the OPEN that dropped what was there before.  It is
 * noted when that handle is closed, for until the open has returned the old pages are
 * still there.  They stay over the next OPEN if neither the attributes nor the data of
 * the node have moved since, and the attributes are valid.
 *
 * A daemon may serve old data on a handle that was opened before a change (copy-up of
 * fuse-overlayfs, a file that was replaced).  What such a handle reads comes into the same
 * cache, so each READ of one moves the data of its node when it ends, and its listing
 * does not come into the cache at all.
 */
#include "fuse_i.h"
#include "inode.h"
#include "cached.h"
#include "slots.h"

/* Have neither attributes nor data of the node moved since? */
static bool node_is_fresh(const struct extfuse_conn *xc, u64 nodeid, u64 since)
{
	return extfuse_epoch_fresh(xc, since) &&
	       extfuse_slot_fresh(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR), since) &&
	       extfuse_slot_fresh(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_DATA), since);
}

static bool pages_are_fresh(const struct extfuse_conn *xc, struct inode *inode)
{
	u64 since = READ_ONCE(get_fuse_inode(inode)->ext.pages);

	return since && extfuse_attr_is_valid(inode) && node_is_fresh(xc, get_node_id(inode), since);
}

/*
 * extfuse_cached_keep - which of these flags may a reply program set in an OPEN, or OPENDIR?
 * @wish:	FOPEN_*
 */
u32 extfuse_cached_keep(struct extfuse_conn *xc, const struct fuse_args *args, u32 wish)
{
	const struct fuse_open_in *in = extfuse_in(args, 0)->value;
	const struct fuse_open_out *out = args->out_args[0].value;
	struct inode *inode = args->ext.inode;

	if (!inode || extfuse_low(inode) || in->flags & O_TRUNC ||
	    out->open_flags & ~EXTFUSE_FOPEN_PLAIN)
		return 0;
	wish &= args->opcode == FUSE_OPENDIR ? FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR : FOPEN_KEEP_CACHE;
	/* The daemon's own flag is the daemon's own promise. */
	if (wish & FOPEN_CACHE_DIR && !(out->open_flags & FOPEN_CACHE_DIR))
		args->ext.made->ext.lists = true;
	if (!pages_are_fresh(xc, inode))
		wish &= ~FOPEN_KEEP_CACHE;
	return wish;
}

/* extfuse_cached_released - a handle is closed: if it has dropped old pages, all that are there are newer */
void extfuse_cached_released(struct inode *inode, const struct fuse_file *ff)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (ff->open_flags & (FOPEN_KEEP_CACHE | FOPEN_DIRECT_IO) || extfuse_low(inode))
		return;
	spin_lock(&fi->lock);
	if (ff->ext.stamp > fi->ext.pages)
		WRITE_ONCE(fi->ext.pages, ff->ext.stamp);
	spin_unlock(&fi->lock);
}

/* extfuse_cached_read - a READ is over, and its pages are not yet seen */
void extfuse_cached_read(struct extfuse_conn *xc, const struct fuse_args *args)
{
	u64 data = extfuse_slot_of_node(args->nodeid, EXTFUSE_KIND_DATA);

	if (likely(!(extfuse_set_reply_ops(xc) & BIT_ULL(FUSE_OPEN))))
		return;
	if (!extfuse_epoch_fresh(xc, args->ext.open_stamp) ||
	    !extfuse_slot_fresh(xc, data, args->ext.open_stamp))
		extfuse_node_move(xc, args->nodeid, BIT(EXTFUSE_KIND_DATA));
}

/*
 * extfuse_cached_listing - see extfuse_cache_dir()
 *
 * The rule for what a daemon says itself is the daemon's.
 */
bool extfuse_cached_listing(const struct extfuse_conn *xc, const struct fuse_file *ff)
{
	if (READ_ONCE(xc->entry_progs))
		return false;
	return !ff->ext.lists || node_is_fresh(xc, ff->nodeid, ff->ext.stamp);
}
