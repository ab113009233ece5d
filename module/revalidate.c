// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revalidation: the LOOKUP of a name that the kernel knows.  It holds no lock
 * of the directory, so that renames and notifications can come at any moment:
 * the name is kept as it was, and a lifetime is taken back that was set after
 * somebody said that the name has changed.
 */
#include "fuse_i.h"
#include "slots.h"
#include "compat/dcache.h"

/*
 * extfuse_revalidate_request - what fuse_dentry_revalidate() calls
 *
 * Without i_rwsem a rename may give the dentry another name, and free this one,
 * while the request is on its way and while its reply is looked at.
 */
ssize_t extfuse_revalidate_request(struct fuse_mount *fm, struct fuse_args *args, struct dentry *entry,
				   struct inode *dir, struct inode *inode, unsigned int flags)
{
	const struct extfuse_conn *xc;
	struct name_snapshot snapshot;
	const char *name;
	unsigned int len;
	unsigned int seq;
	ssize_t ret;

	args->ext.inode = dir;
	args->ext.child[0] = inode;
	args->ext.flags = EXTFUSE_ARGS_REVAL | extfuse_lookup_flags(flags);
	seq = raw_seqcount_begin(&entry->d_seq);
	extfuse_name_hold(&snapshot, entry, args);
	ret = fuse_simple_request(fm, args);
	if (extfuse_low(inode))
		ret = extfuse_reply_confirm(fm, args, ret, extfuse_entry_moved(entry, seq));
	xc = extfuse_conn_get(fm->fc);
	name = extfuse_in_name(args, 0, &len);
	/* At the end: how names are kept may have changed with an attach, which moves the epoch. */
	if (xc)
		args->ext.name_slot = extfuse_slot_of_name(READ_ONCE(xc->names_dir), args->nodeid,
							   name, len);
	extfuse_name_release(&snapshot);
	/* The end of a policy makes names old, and that of its daemon says nothing of them. */
	if (ret == -ENOTCONN && xc && extfuse_set_covered_ops(xc))
		args->ext.refused = true;
	return ret;
}

/*
 * extfuse_entry_renewed - the dentry's lifetime has been set from the reply
 *
 * FUSE_NOTIFY_INVAL_ENTRY moves the name's slot first and clears the lifetime
 * then; here it is the other way round, so that one of the two sees the other.
 */
void extfuse_entry_renewed(struct fuse_conn *fc, struct dentry *entry,
			   const struct fuse_args *args)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (likely(!xc))
		return;
	/* fuse has counted one for a reply that brought none. */
	if (extfuse_low(args->ext.child[0]))
		extfuse_entry_pay(args->ext.child[0]);
	/* Pairs with the barrier in extfuse_name_move(). */
	smp_mb();
	if (!extfuse_epoch_fresh(xc, args->ext.stamp) ||
	    !extfuse_slot_fresh(xc, args->ext.name_slot, args->ext.stamp))
		fuse_invalidate_entry_cache(entry);
}
