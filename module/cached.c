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
 * the node have moved since, and the attributes are valid, or were asked for at that OPEN
 * (cto.c).
 *
 * A daemon may serve old data on a handle that was opened before a change (copy-up of
 * fuse-overlayfs, a file that was replaced).  What such a handle reads comes into the same
 * cache: after it nothing that is cached is known to be so, until an open has dropped it.
 * A listing of such a handle does not come into the cache at all.
 */
#include "fuse_i.h"
#include "inode.h"
#include "cached.h"
#include "slots.h"

static bool pages_are_fresh(const struct extfuse_conn *xc, struct inode *inode, const struct fuse_file *ff)
{
	u64 since = READ_ONCE(get_fuse_inode(inode)->ext.pages);

	return since && extfuse_attr_is_known(inode, ff) && extfuse_node_fresh(xc, get_node_id(inode), since);
}

/*
 * extfuse_cached_keep - which of these flags may a reply program set in an OPEN, or OPENDIR?
 * @wish:	FOPEN_* that the daemon has not set
 */
u32 extfuse_cached_keep(struct extfuse_conn *xc, const struct fuse_args *args, u32 wish)
{
	const struct fuse_open_in *in = extfuse_in(args, 0)->value;
	struct fuse_open_out *out = args->out_args[0].value;
	struct inode *inode = args->ext.inode;
	bool fresh;

	if (!inode || extfuse_low(inode) || in->flags & O_TRUNC ||
	    out->open_flags & ~EXTFUSE_FOPEN_PLAIN)
		return 0;
	wish &= args->opcode == FUSE_OPENDIR ? FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR : FOPEN_KEEP_CACHE;
	fresh = pages_are_fresh(xc, inode, args->ext.made);
	args->ext.made->ext.keeps = wish & FOPEN_KEEP_CACHE;
	/* The daemon's own flag is the daemon's own promise. */
	if (wish & FOPEN_CACHE_DIR) {
		args->ext.made->ext.lists = true;
		/* That it keeps a directory of which it lets nothing be cached is none. */
		if (!fresh)
			out->open_flags &= ~FOPEN_KEEP_CACHE;
	}
	return fresh ? wish : wish & ~FOPEN_KEEP_CACHE;
}

/* extfuse_cached_reopened - the same of a handle that was kept, whose reply no program sees; returns FOPEN_* */
u32 extfuse_cached_reopened(const struct extfuse_conn *xc, struct inode *inode, const struct fuse_file *ff)
{
	return ff->ext.keeps && pages_are_fresh(xc, inode, ff) ? FOPEN_KEEP_CACHE : 0;
}

/* extfuse_cached_released - a handle is closed: if it has dropped old pages, all that are there are newer */
void extfuse_cached_released(struct inode *inode, const struct fuse_file *ff)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (ff->open_flags & (FOPEN_KEEP_CACHE | FOPEN_DIRECT_IO) || extfuse_low(inode))
		return;
	spin_lock(&fi->lock);
	if (ff->ext.old_reads == fi->ext.old_reads && ff->ext.stamp > fi->ext.pages)
		WRITE_ONCE(fi->ext.pages, ff->ext.stamp);
	spin_unlock(&fi->lock);
}

/*
 * extfuse_cached_read - a READ is over, and its pages are not yet seen
 *
 * Whatever the set: the one that takes its place may keep them.
 */
void extfuse_cached_read(struct extfuse_conn *xc, const struct fuse_args *args)
{
	u64 data = extfuse_slot_of_node(args->nodeid, EXTFUSE_KIND_DATA);
	struct inode *inode = args->ext.inode;
	struct fuse_inode *fi;

	if (!inode || extfuse_low(inode))
		return;
	if (likely(extfuse_epoch_fresh(xc, args->ext.open_stamp) &&
		   extfuse_slot_fresh(xc, data, args->ext.open_stamp)))
		return;
	fi = get_fuse_inode(inode);
	spin_lock(&fi->lock);
	WRITE_ONCE(fi->ext.pages, 0);
	WRITE_ONCE(fi->ext.old_reads, fi->ext.old_reads + 1);
	spin_unlock(&fi->lock);
}

/*
 * extfuse_cached_listing - see extfuse_cache_dir()
 *
 * The rule for what a daemon says itself is the daemon's, unless a program keeps what such
 * a handle may have put there.
 */
bool extfuse_cached_listing(const struct extfuse_conn *xc, const struct fuse_file *ff)
{
	if (READ_ONCE(xc->entry_progs))
		return false;
	if (!ff->ext.lists && !(extfuse_set_reply_ops(xc) & BIT_ULL(FUSE_OPENDIR)))
		return true;
	return extfuse_node_fresh(xc, ff->nodeid, ff->ext.stamp);
}

/*
 * extfuse_cached_midst - see extfuse_list_cached()
 *
 * Who has come to @pos in the cache goes on there when the directory changes, as fuse has
 * it.  The daemon has not listed this handle, and where an offset is a number of entries
 * what it would list now has others there: some would never be seen.
 */
bool extfuse_cached_midst(const struct extfuse_conn *xc, const struct fuse_file *ff, loff_t pos)
{
	return pos && ff->readdir.pos == pos && !READ_ONCE(xc->entry_progs);
}
