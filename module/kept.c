// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles that stay open for a while when their file is closed: the RELEASE is held back,
 * and an OPEN of the same node, with the same flags, by the same caller, gets the handle
 * if a program says so (EXTFUSE_REUSE).  The set says for how long (close_valid) and how
 * many.  kept_pool.c has where they are and when they go back.  Nor need the daemon hear
 * of a FLUSH after which nothing is different (EXTFUSE_ATTACH_NOFLUSH).
 */
#include "fuse_i.h"
#include "inode.h"
#include "kept.h"
#include "kept_pool.h"
#include "cached.h"
#include "params.h"
#include "release.h"
#include "slots.h"
#include "stats.h"
#include "trace.h"
#include "compat/args.h"
#include <linux/slab.h>

/* Opened for reading and for no more: a lock, or a poll, would outlive its file. */
static bool handle_is_plain(const struct extfuse_conn *xc, const struct fuse_args *args,
			    const struct fuse_file *ff)
{
	const struct fuse_release_in *in = args->in_args[0].value;

	if (ff->ext.flags & (O_ACCMODE | O_TRUNC | O_DIRECT) || ff->open_flags & ~EXTFUSE_FOPEN_PLAIN)
		return false;
	return !in->release_flags && RB_EMPTY_NODE(&ff->polled_node) &&
	       !extfuse_may_be_locked(xc, args->nodeid);
}

/* Has it a name by which it can be opened again? */
static bool node_is_there(const struct fuse_args *args)
{
	struct inode *inode = args->ext.inode;

	/* What is in a tree moves no slots. */
	if (!inode || fuse_is_bad(inode) || !inode->i_nlink || extfuse_low(inode))
		return false;
	return !args->ext.dentry || !d_unlinked(args->ext.dentry);
}

static bool kept_take(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
		       const struct fuse_file *ff)
{
	struct extfuse_kept_handle *kept;
	u32 opcode = args->opcode;
	u64 id, valid;

	valid = extfuse_set_keeps(xc, &id);
	if (likely(!valid) || !ff->ext.who || !handle_is_plain(xc, args, ff) || !node_is_there(args))
		return false;
	kept = kmalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!kept)
		return false;
	kept->fm = fm;
	kept->args = args;
	kept->set_id = id;
	kept->who = ff->ext.who;
	kept->stamp = ff->ext.stamp;
	kept->until = jiffies + nsecs_to_jiffies(valid);
	kept->flags = ff->ext.flags;
	kept->open_flags = ff->open_flags;
	kept->slot = extfuse_slot_of_node(args->nodeid, EXTFUSE_KIND_ATTR);
	kept->lists = ff->ext.lists;
	kept->keeps = ff->ext.keeps;
	if (!extfuse_pool_put(xc, kept)) {
		kfree(kept);
		return false;
	}
	/* It may be on its way already, and args with it. */
	extfuse_count(xc, opcode, kept);
	return true;
}

/* extfuse_release_is_kept - a handle is closed, and freed once its RELEASE is sent; is that held back? */
bool extfuse_release_is_kept(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	const struct fuse_file *ff = args->ext.made;

	args->ext.made = NULL;
	if (unlikely(ff->open_flags & FOPEN_DIRECT_IO))
		WRITE_ONCE(xc->direct, true);
	if (args->ext.inode)
		extfuse_cached_released(args->ext.inode, ff);
	return kept_take(xc, fm, args, ff);
}

/*
 * extfuse_kept_open - a program says EXTFUSE_REUSE of an OPEN, or OPENDIR
 *
 * 0, with the output written; or EXTFUSE_NOT_DONE, and the daemon is asked.
 */
ssize_t extfuse_kept_open(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	struct fuse_open_out *out = args->out_args[0].value;
	struct fuse_file *ff = args->ext.made;
	struct extfuse_kept_key key = {
		.nodeid = args->nodeid,
		.who = ff->ext.who,
		.opcode = extfuse_release_opcode(args),
		.flags = ff->ext.flags,
	};
	struct extfuse_kept_handle *kept = NULL;

	args->ext.pass = EXTFUSE_PASS_NO;
	if (READ_ONCE(xc->kept.n) && extfuse_attr_is_known(args->ext.inode, ff))
		kept = extfuse_pool_find(xc, &key);
	if (!kept)
		return EXTFUSE_NOT_DONE;
	out->fh = ((const struct fuse_release_in *)kept->args->in_args[0].value)->fh;
	/* It is as old as it was, also when it is closed again. */
	ff->ext.stamp = kept->stamp;
	ff->ext.lists = kept->lists;
	ff->ext.keeps = kept->keeps;
	/* When it was opened there may have been nothing to be kept. */
	out->open_flags = kept->open_flags | extfuse_cached_reopened(xc, args->ext.inode, ff);
	args->ext.pass = EXTFUSE_PASS_REUSED;
	args->ext.replied = true;
	extfuse_count(xc, args->opcode, kept);
	/* Of the RELEASE that is not sent: its references and its memory. */
	if (extfuse_is_tracing())
		extfuse_trace_end(kept->args, true, 0);
	extfuse_args_end(kept->fm, kept->args, 0);
	kfree(kept);
	return 0;
}

/*
 * extfuse_flush_is_idle - need the daemon not hear of this FLUSH?
 *
 * Nothing was written by the handle, and no lock goes with it.
 */
bool extfuse_flush_is_idle(const struct extfuse_conn *xc, const struct fuse_args *args)
{
	if (args->ext.flags & EXTFUSE_ARGS_WROTE || args->ext.ours || extfuse_may_be_locked(xc, args->nodeid))
		return false;
	return (extfuse_set_flags(xc) & (EXTFUSE_ATTACH_NOFLUSH | EXTFUSE_ATTACH_SHADOW)) == EXTFUSE_ATTACH_NOFLUSH &&
	       READ_ONCE(extfuse_programs);
}
