// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is owed to the daemon for a reply that nobody gets: a FORGET for a count, a
 * RELEASE for a handle.
 *
 * What is owed is always paid.  Where there is no memory to queue it the caller sends
 * it and waits, as fuse itself does for an entry of a READDIRPLUS that it cannot use.
 */
#include "fuse_i.h"
#include "dirents.h"
#include "marks.h"
#include "opcode.h"
#include "params.h"
#include "pay.h"
#include "release.h"
#include "passthrough/pass.h"
#include "tree/names.h"

/* The node took its count with it: give it back.  -ENOMEM: it is still owed. */
int extfuse_pay_forget(struct fuse_conn *fc, u64 nodeid)
{
	struct fuse_forget_link *forget = NULL;

	if (!extfuse_memory_lacks(EXTFUSE_MEMORY_FORGET))
		forget = kzalloc(sizeof(*forget), GFP_KERNEL);
	if (!forget)
		return -ENOMEM;
	/* The daemon may give the node id to something else. */
	extfuse_evict(fc, nodeid);
	extfuse_forget_queue(fc, forget, nodeid);
	return 0;
}

static noinline_for_stack void forget_and_wait(struct fuse_mount *fm, u64 nodeid)
{
	struct fuse_forget_in in = { .nlookup = 1 };
	struct fuse_args args = {
		.opcode = FUSE_FORGET,
		.nodeid = nodeid,
		.force = true,
		.nocreds = true,
		.noreply = true,
		.in_numargs = 1,
		.in_args[0] = { .size = sizeof(in), .value = &in },
	};

	extfuse_evict(fm->fc, nodeid);
	fuse_daemon_request(fm, &args);
}

/* Not under RCU: it may have to wait for the daemon. */
void extfuse_pay_forget_or_wait(struct fuse_mount *fm, u64 nodeid)
{
	if (extfuse_pay_forget(fm->fc, nodeid))
		forget_and_wait(fm, nodeid);
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

static void pay_release_fill(struct pay_release *pay, struct fuse_mount *fm,
			     const struct fuse_args *opened)
{
	const struct fuse_open_in *open = opened->in_args[0].value;
	const struct fuse_open_out *out = opened->out_args[0].value;

	pay->in.fh = out->fh;
	pay->in.flags = open->flags;
	pay->args.opcode = extfuse_release_opcode(opened);
	pay->args.nodeid = opened->nodeid;
	pay->args.ext.inode = igrab(opened->ext.inode);
	pay->args.force = true;
	pay->args.nocreds = true;
	pay->args.in_numargs = 1;
	pay->args.in_args[0].size = sizeof(pay->in);
	pay->args.in_args[0].value = &pay->in;
}

/* On its own: of a file that nobody has got no program is asked. */
static int pay_release_queue(struct extfuse_conn *xc, struct fuse_mount *fm,
			     const struct fuse_args *opened)
{
	struct pay_release *pay = NULL;

	if (!extfuse_memory_lacks(EXTFUSE_MEMORY_RELEASE))
		pay = kzalloc(sizeof(*pay), GFP_KERNEL);
	if (!pay)
		return -ENOMEM;
	pay_release_fill(pay, fm, opened);
	pay->args.end = pay_release_end;
	return extfuse_release_send(xc, fm, &pay->args, GFP_KERNEL);
}

static noinline_for_stack void pay_release_and_wait(struct extfuse_conn *xc, struct fuse_mount *fm,
						    const struct fuse_args *opened)
{
	const struct extfuse_opcode *op;
	struct pay_release pay = {};

	pay_release_fill(&pay, fm, opened);
	op = extfuse_opcode_get(pay.args.opcode);
	extfuse_marks_begin(xc, &pay.args, op);
	fuse_daemon_request(fm, &pay.args);
	extfuse_marks_end(xc, &pay.args, op);
	iput(pay.args.ext.inode);
}

/*
 * The daemon opened what the caller will not get.  It is handed FORGETs before
 * requests: so that it knows the node until it has released the handle, the
 * inode stays for as long, as it does for fuse's own RELEASE.
 */
static void release_pay(struct fuse_mount *fm, const struct fuse_args *opened)
{
	struct extfuse_conn *xc = extfuse_conn_get(fm->fc);

	if (pay_release_queue(xc, fm, opened) == -ENOMEM)
		pay_release_and_wait(xc, fm, opened);
}

/*
 * Each entry that carries a node.  Copied piece by piece: what is owed is found without
 * the whole in one piece, which may not have been held.
 */
static void listing_pay(struct fuse_mount *fm, const struct fuse_args *args)
{
	u64 head[DIV_ROUND_UP(FUSE_NAME_OFFSET_DIRENTPLUS + sizeof(".."), sizeof(u64))];
	u32 left = args->out_args[0].size, at = 0;
	struct extfuse_entry e;

	while (left) {
		extfuse_pages_read(args, head, at, sizeof(head));
		if (!extfuse_entry_next(head, left, true, &e))
			return;
		if (e.out->nodeid && !extfuse_dirent_is_dot(e.dirent))
			extfuse_pay_forget_or_wait(fm, e.out->nodeid);
		at += e.reclen;
		left -= e.reclen;
	}
}

/* A handle of ours, and what the file has of it. */
static void own_pay_back(struct fuse_args *args)
{
	extfuse_handle_undo(args->ext.inode, args->ext.made);
	if (args->ext.file)
		args->ext.file->f_mode &= ~FMODE_NOWAIT;
}

/* A node of the kernel's has cost nothing. */
static void entry_pay_back(struct fuse_mount *fm, struct fuse_args *args)
{
	const struct fuse_entry_out *out = args->out_args[0].value;

	if (args->ext.pass == EXTFUSE_PASS_DONE)
		extfuse_names_undo(args);
	else if (out->nodeid)
		extfuse_pay_forget_or_wait(fm, out->nodeid);
}

/* The caller will not get this answer.  Not under RCU: it may have to wait for the daemon. */
void extfuse_reply_pay_back(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret)
{
	u16 flags = extfuse_opcode_get(args->opcode)->flags;

	if (ret < 0)
		return;
	if (flags & EXTFUSE_OP_OPEN_REPLY) {
		if (args->ext.made && extfuse_if_ours(args->ext.made))
			own_pay_back(args);
		else
			release_pay(fm, args);
	} else if (args->opcode == FUSE_READDIRPLUS) {
		/* What was passed through has cost nothing yet. */
		if (args->ext.pass != EXTFUSE_PASS_DONE)
			listing_pay(fm, args);
	} else if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		entry_pay_back(fm, args);
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
