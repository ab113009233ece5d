// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is owed to the daemon for a reply that nobody gets: a FORGET for a count, a
 * RELEASE for a handle.
 */
#include "fuse_i.h"
#include "dirents.h"
#include "marks.h"
#include "opcode.h"
#include "pay.h"
#include "passthrough/pass.h"
#include "compat/inode.h"

/* The node took its count with it: give it back. */
void extfuse_pay_forget(struct fuse_conn *fc, u64 nodeid)
{
	struct fuse_forget_link *forget;

	/* The daemon may give the node id to something else. */
	extfuse_evict(fc, nodeid);
	forget = kzalloc(sizeof(*forget), GFP_KERNEL | __GFP_NOFAIL);
	extfuse_forget_queue(fc, forget, nodeid);
}

struct pay_release {
	struct fuse_args args;
	struct fuse_release_in in;
};

static EXTFUSE_END_FN(pay_release_end, args, error)
{
	struct pay_release *pay = container_of(args, struct pay_release, args);

	iput(pay->args.ext.inode);
	kfree(pay);
}

/* Under the lock of the inode hash. */
static int opened_match(struct inode *inode, EXTFUSE_INODE_HASH nodeid, void *data)
{
	if (get_node_id(inode) != *(const u64 *)data)
		return 0;
	return igrab(inode) ? 1 : -1;
}

/* The inode of what was opened; the kernel's own OPEN does not tell it, but has it. */
static struct inode *opened_get(struct fuse_mount *fm, const struct fuse_args *opened)
{
	u64 nodeid = opened->nodeid;

	if (opened->ext.inode)
		return igrab(opened->ext.inode);
	return find_inode_nowait(fm->sb, nodeid, opened_match, &nodeid);
}

/* On its own: of a file that nobody has got no program is asked. */
static void pay_release_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);

	extfuse_marks_begin(xc, args, op);
	if (!fuse_daemon_background(fm, args, GFP_KERNEL | __GFP_NOFAIL))
		return;
	extfuse_marks_end(xc, args, op);
	extfuse_args_end(fm, args, -ENOTCONN);
}

/*
 * The daemon opened what the caller will not get.  It is handed FORGETs before
 * requests: so that it knows the node until it has released the handle, the
 * inode stays for as long, as it does for fuse's own RELEASE.
 */
static void pay_release(struct fuse_mount *fm, const struct fuse_args *opened)
{
	const struct fuse_open_in *open = opened->in_args[0].value;
	const struct fuse_open_out *out = opened->out_args[0].value;
	struct extfuse_conn *xc = extfuse_conn_get(fm->fc);
	struct pay_release *pay = kzalloc(sizeof(*pay), GFP_KERNEL | __GFP_NOFAIL);

	pay->in.fh = out->fh;
	pay->in.flags = open->flags;
	pay->args.opcode = opened->opcode == FUSE_OPEN ? FUSE_RELEASE : FUSE_RELEASEDIR;
	pay->args.nodeid = opened->nodeid;
	pay->args.ext.inode = opened_get(fm, opened);
	pay->args.force = true;
	pay->args.nocreds = true;
	pay->args.in_numargs = 1;
	pay->args.in_args[0].size = sizeof(pay->in);
	pay->args.in_args[0].value = &pay->in;
	pay->args.end = pay_release_end;
	pay_release_send(xc, fm, &pay->args);
}

static void entry_pay_back(void *data, struct fuse_entry_out *out)
{
	extfuse_pay_forget(data, out->nodeid);
}

/* A handle of ours, and what the file has of it. */
static void own_pay_back(struct fuse_args *args)
{
	extfuse_handle_undo(args->ext.inode, args->ext.made);
	args->ext.file->f_mode &= ~FMODE_NOWAIT;
}

/* The caller will not get this answer. */
void extfuse_reply_pay_back(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret)
{
	u16 flags = extfuse_opcode_get(args->opcode)->flags;

	if (ret < 0)
		return;
	if (flags & EXTFUSE_OP_OPEN_REPLY) {
		if (args->ext.made && extfuse_if_ours(args->ext.made))
			own_pay_back(args);
		else
			pay_release(fm, args);
	} else if (args->opcode == FUSE_READDIRPLUS) {
		/* What was passed through has cost nothing yet. */
		if (args->ext.pass != EXTFUSE_PASS_DONE)
			extfuse_dirents_each(args, ret, entry_pay_back, fm->fc);
	} else if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		const struct fuse_entry_out *out = args->out_args[0].value;

		if (out->nodeid)
			extfuse_pay_forget(fm->fc, out->nodeid);
	}
}

/* Not what has changed something, as an OPEN with O_TRUNC. */
bool extfuse_reply_is_undoable(const struct fuse_args *args)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);

	return op->flags & EXTFUSE_OP_REFUSE_REPLY && (!op->kinds_of || !op->kinds_of(args));
}

/*
 * extfuse_reply_undo - makes args as they were before the request was sent
 * @room:	of its last output
 *
 * False: nobody has replied, or what was done stays done.
 */
bool extfuse_reply_undo(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, u32 room)
{
	unsigned int last = args->out_numargs - 1;

	if (!args->ext.replied || !extfuse_reply_is_undoable(args))
		return false;
	extfuse_reply_pay_back(fm, args, ret);
	if (args->out_argvar)
		args->out_args[last].size = room;
	/* A program that answers finds its outputs zeroed. */
	if (args->out_numargs && !extfuse_out_is_paged(args, last))
		memset(args->out_args[last].value, 0, args->out_args[last].size);
	return true;
}
