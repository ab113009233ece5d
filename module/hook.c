// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook: every request of the fork comes through one of the two functions
 * at the end of this file, and is answered here or goes on to the daemon.
 *
 * Call sites (6.1), what they hold, and how they may be asked.  All are in task
 * context, may sleep and may fault unless the table says otherwise; "current"
 * at the reply is the caller for synchronous requests; for background ones it is the
 * daemon's thread, or the task that aborts the connection.
 *
 *   LOOKUP                 parent's i_rwsem shared, or nothing (revalidation)
 *   CREATE MKNOD MKDIR SYMLINK LINK UNLINK RMDIR RENAME
 *                          i_rwsem of the directories exclusive
 *   TMPFILE                nothing
 *   GETATTR STATFS ACCESS READLINK GETXATTR LISTXATTR
 *                          nothing, or i_rwsem, as the VFS has it
 *   SETATTR SETXATTR REMOVEXATTR  i_rwsem exclusive
 *   READ                   locked pages (readahead: background), or user pages
 *   WRITE                  i_rwsem, locked pages; writeback: background, under
 *                          fi->lock with GFP_ATOMIC, never asked
 *   READDIR(PLUS)          directory's i_rwsem shared, ff->readdir.lock
 *   OPEN OPENDIR           nothing, or i_rwsem (O_TRUNC)
 *   FLUSH FSYNC FALLOCATE  i_rwsem
 *   RELEASE RELEASEDIR     background, no credentials, sometimes synchronous
 *   IOCTL LSEEK POLL BMAP COPY_FILE_RANGE, locks: as the VFS calls them
 *   INIT DESTROY FORGET INTERRUPT NOTIFY_REPLY: never asked
 *
 * A program runs under RCU tasks trace with migration off, does not sleep, and
 * takes no lock of fuse; so it does not matter which of these are held.
 */
#include "fuse_i.h"
#include "call_site.h"
#include "conn.h"
#include "cto.h"
#include "dirents.h"
#include "kept.h"
#include "listing.h"
#include "marks.h"
#include "opcode.h"
#include "params.h"
#include "passthrough/pass.h"
#include "pay.h"
#include "reply.h"
#include "request.h"
#include "set.h"
#include "shadow.h"
#include "slots.h"
#include "stats.h"
#include "trace.h"
#include "tree/upcall.h"

/* Is this a request that programs may see at all? */
static __always_inline bool request_is_asked(const struct fuse_args *args,
					     const struct extfuse_opcode *op)
{
	return op->flags & EXTFUSE_OP_ASK && !args->noreply && !args->ext.not_asked &&
	       !(args->opcode == FUSE_WRITE && extfuse_request_is_writeback(args));
}

/* An ioctl that is retried comes again with the same args. */
static __always_inline void request_reset(struct fuse_args *args)
{
	args->ext.replied = false;
	args->ext.pass = EXTFUSE_PASS_NO;
	args->ext.names = EXTFUSE_NAMES_GIVEN;
	args->ext.refused = false;
	args->ext.set_id = 0;
}

/* Most sets have programs for few opcodes: the way of all others is short. */
static __always_inline ssize_t request_try(struct extfuse_conn *xc, struct fuse_mount *fm,
					   struct fuse_args *args,
					   const struct extfuse_opcode *op, bool background)
{
	u64 ops;

	request_reset(args);
	args->ext.stamp = extfuse_stamp(xc);
	/* A policy that comes after the stamp is told by it; one that came before is seen here. */
	ops = extfuse_set_ops(xc);
	if (unlikely(op->flags & EXTFUSE_OP_DIR_REPLY) && extfuse_listing_hold(args, ops))
		return -ENOMEM;
	if (!request_is_asked(args, op))
		return EXTFUSE_NOT_DONE;
	extfuse_call_site_assert(args, background);
	if (extfuse_set_plain_ops(xc) & BIT_ULL(args->opcode) && READ_ONCE(extfuse_programs)) {
		args->ext.pass = background ? EXTFUSE_PASS_NO : EXTFUSE_PASS_ASKED;
	} else if (ops & BIT_ULL(args->opcode)) {
		ssize_t ret = extfuse_request_ask(xc, fm, args, background);

		if (ret != EXTFUSE_NOT_DONE)
			return ret;
	}
	if (ops && !extfuse_may_pass(args))
		extfuse_count(xc, args->opcode, upcalls);
	return EXTFUSE_NOT_DONE;
}

/* Of a tree the daemon may open what a request names. */
static __always_inline ssize_t daemon_send(struct extfuse_conn *xc, struct fuse_mount *fm,
					   struct fuse_args *args)
{
	if (unlikely(READ_ONCE(xc->has_tree)))
		return extfuse_upcall_send(xc, fm, args);
	return fuse_daemon_request(fm, args);
}

/* Not answered: on to the backing file system, to a handle that was kept, or to the daemon. */
static noinline ssize_t request_pass(struct extfuse_conn *xc, struct fuse_mount *fm,
				     struct fuse_args *args)
{
	ssize_t ret = args->ext.pass == EXTFUSE_PASS_REUSE ? extfuse_kept_open(xc, fm, args) :
							    extfuse_pass(xc, fm, args);

	if (ret != EXTFUSE_NOT_DONE)
		return ret;
	extfuse_count(xc, args->opcode, upcalls);
	return daemon_send(xc, fm, args);
}

/* By the kernel, or by a program; the kernel learns nothing from what was passed through. */
static __always_inline bool reply_is_looked_at(const struct extfuse_conn *xc,
					       const struct fuse_args *args,
					       const struct extfuse_opcode *op)
{
	if (args->ext.pass == EXTFUSE_PASS_DONE)
		return extfuse_set_reply_ops(xc) & BIT_ULL(args->opcode);
	if (unlikely(args->ext.pass == EXTFUSE_PASS_REUSED))
		return false;
	return args->ext.set_id || op->flags & EXTFUSE_OP_LEARN;
}

/* No program has decided: to where it can be done, and through the reply phase. */
static __always_inline ssize_t request_go_up(struct extfuse_conn *xc, struct fuse_mount *fm,
					     struct fuse_args *args,
					     const struct extfuse_opcode *op)
{
	ssize_t ret = unlikely(extfuse_may_pass(args)) ? request_pass(xc, fm, args) :
							 daemon_send(xc, fm, args);

	if (unlikely(args->ext.shadow))
		extfuse_shadow_compare(xc, args, ret);
	if (reply_is_looked_at(xc, args, op))
		ret = extfuse_reply(xc, fm, args, ret, false);
	return ret;
}

/*
 * All that the set says of the opcode is PASSTHROUGH, and the node is in a tree.  Nobody
 * is asked, nothing there has slots to mark, and nothing is learned.
 */
static __always_inline bool request_is_plain(const struct extfuse_conn *xc, const struct fuse_args *args,
					     const struct extfuse_opcode *op)
{
	return op->flags & EXTFUSE_OP_ASK && extfuse_set_plain_ops(xc) & BIT_ULL(args->opcode) &&
	       READ_ONCE(extfuse_programs) && args->ext.inode && extfuse_low(args->ext.inode) &&
	       !args->ext.ours && !args->ext.not_asked && !args->noreply;
}

/* Does a plain request; EXTFUSE_NOT_DONE, with args as they were: it goes the long way. */
static __always_inline ssize_t request_plain(struct extfuse_conn *xc, struct fuse_mount *fm,
					     struct fuse_args *args)
{
	u64 stamp = args->ext.stamp;
	u32 room = extfuse_out_room(args);
	ssize_t ret;

	extfuse_call_site_assert(args, false);
	request_reset(args);
	args->ext.pass = EXTFUSE_PASS_ASKED;
	args->ext.marked = 0;
	ret = extfuse_pass(xc, fm, args);
	if (extfuse_is_overtaken(xc, args->opcode, stamp) && extfuse_reply_undo(fm, args, ret, room))
		return EXTFUSE_NOT_DONE;
	return ret;
}

/* What is kept of a node goes back before a change of it is sent. */
static __always_inline void change_begin(struct extfuse_conn *xc, struct fuse_args *args,
					 const struct extfuse_opcode *op, bool background)
{
	extfuse_marks_begin(xc, args, op);
	if (op->flags & EXTFUSE_OP_CHANGES && unlikely(READ_ONCE(xc->kept.n)))
		extfuse_kept_moved(xc, args, !background);
}

/*
 * A synchronous request of a connection that has, or had, programs.
 *
 * What a policy has not seen from its start to its reply, because the policy
 * came, went or was lost meanwhile, begins anew with what is there now.
 */
static noinline ssize_t request_send(struct extfuse_conn *xc, struct fuse_mount *fm,
				     struct fuse_args *args)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);
	bool flushed = false;
	ssize_t ret;
	u64 stamp;
	u32 room;

	ret = extfuse_cto_begin(xc, args);
	if (unlikely(ret))
		return ret;
	/* Before the set is looked at, as in request_try(). */
	args->ext.stamp = extfuse_stamp(xc);
	if (request_is_plain(xc, args, op)) {
		ret = request_plain(xc, fm, args);
		if (ret != EXTFUSE_NOT_DONE)
			return ret;
	}
	if (unlikely(args->opcode == FUSE_FLUSH) && extfuse_flush_is_idle(xc, args)) {
		extfuse_count(xc, FUSE_FLUSH, kept);
		return 0;
	}
	if (unlikely(extfuse_request_is_lock(args)))
		extfuse_locked_note(xc, args->nodeid);
	change_begin(xc, args, op, false);
again:
	ret = request_try(xc, fm, args, op, false);
	if (ret == EXTFUSE_NOT_DONE) {
		stamp = args->ext.stamp;
		room = extfuse_out_room(args);
		ret = request_go_up(xc, fm, args, op);
		if (unlikely(ret == -EMFILE || ret == -ENFILE) && extfuse_kept_make_room(xc, args, &flushed))
			goto again;
		if (extfuse_is_overtaken(xc, args->opcode, stamp) &&
		    extfuse_reply_undo(fm, args, ret, room))
			goto again;
		if (unlikely(args->ext.pass == EXTFUSE_PASS_DONE) && args->opcode == FUSE_READDIRPLUS && ret > 0)
			extfuse_dirents_pay(args, ret);
	}
	extfuse_out_release(args);
	extfuse_marks_end(xc, args, op);
	return ret;
}

static int background_send(struct extfuse_conn *xc, struct fuse_mount *fm,
			   struct fuse_args *args, gfp_t gfp_flags)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);
	ssize_t ret;
	int err;

	if (unlikely(args->ext.made) && extfuse_release_is_kept(xc, fm, args))
		return 0;
	change_begin(xc, args, op, true);
	ret = request_try(xc, fm, args, op, true);
	/* A readahead that somebody advised on a handle that the daemon does not know. */
	if (unlikely(args->ext.ours))
		ret = -EIO;
	if (ret == EXTFUSE_NOT_DONE) {
		args->ext.pending = true;
		args->ext.fm = fm;
		err = fuse_daemon_background(fm, args, gfp_flags);
		/* Once it is sent, args may have ended and be gone. */
		if (!err)
			return 0;
		args->ext.pending = false;
		extfuse_shadow_drop(args);
		extfuse_marks_end(xc, args, op);
		return err;
	}
	extfuse_shadow_drop(args);
	extfuse_marks_end(xc, args, op);
	if (extfuse_is_tracing())
		extfuse_trace_end(args, true, ret);
	extfuse_args_end(fm, args, min_t(ssize_t, ret, 0));
	return 0;
}

/* A synchronous request of a connection that never had programs. */
static noinline ssize_t plain_send(struct fuse_mount *fm, struct fuse_args *args)
{
	u32 room = extfuse_out_room(args);
	struct extfuse_conn *xc;
	ssize_t ret;

	if (unlikely(extfuse_request_is_lock(args)))
		extfuse_conn_lock_unseen(fm->fc);
	ret = fuse_daemon_request(fm, args);
	xc = extfuse_conn_get(fm->fc);
	if (likely(!xc))
		return ret;
	if (unlikely(extfuse_request_is_lock(args)))
		extfuse_locked_note(xc, args->nodeid);
	/* The first attach came meanwhile: nobody marked this request. */
	extfuse_marks_end(xc, args, extfuse_opcode_get(args->opcode));
	if (extfuse_is_overtaken(xc, args->opcode, 0) && extfuse_reply_undo(fm, args, ret, room))
		return request_send(xc, fm, args);
	return ret;
}

/*
 * Until INIT is answered nothing is sent.  Who comes before waits here, not in
 * fuse_get_req(), so that what is attached meanwhile is asked about it.
 */
static noinline int wait_for_init(struct fuse_conn *fc)
{
	int err = wait_event_state(extfuse_link(fc)->blocked_waitq, extfuse_conn_is_initialized(fc),
				   (TASK_KILLABLE | TASK_FREEZABLE));

	if (err)
		return -EINTR;
	return extfuse_conn_is_connected(fc) ? 0 : -ENOTCONN;
}

/* The same while somebody traces. */
static noinline ssize_t traced_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	ssize_t ret;

	extfuse_trace_begin(fm, args, false, GFP_NOFS);
	ret = xc ? request_send(xc, fm, args) : plain_send(fm, args);
	extfuse_trace_end(args, false, ret);
	return ret;
}

static noinline int traced_background(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
				      gfp_t gfp_flags)
{
	int err;

	extfuse_trace_begin(fm, args, true, gfp_flags);
	err = xc ? background_send(xc, fm, args, gfp_flags) : fuse_daemon_background(fm, args, gfp_flags);
	/* Where it was sent, args may have ended and be gone. */
	if (err)
		extfuse_trace_end(args, true, err);
	return err;
}

/*
 * fuse_simple_request - what every synchronous caller of the fork calls, by the
 *			 name that its series gave it
 *
 * Returns what that does: 0, the size of a variable output, or an error.  A
 * connection that never had programs pays one predictable branch.
 */
EXTFUSE_SIMPLE_REQUEST_FN(fm, args)
{
	struct extfuse_conn *xc;
	int err;

	extfuse_idmap_take(args);
	if (unlikely(!extfuse_conn_is_initialized(fm->fc)) && !args->force) {
		err = wait_for_init(fm->fc);
		if (err)
			return err;
	}
	xc = extfuse_conn_get(fm->fc);
	if (extfuse_is_tracing())
		return traced_send(xc, fm, args);
	return unlikely(xc) ? request_send(xc, fm, args) : plain_send(fm, args);
}

/* fuse_simple_background - the same for requests that nobody waits for */
int fuse_simple_background(struct fuse_mount *fm, struct fuse_args *args, gfp_t gfp_flags)
{
	struct extfuse_conn *xc = extfuse_conn_get(fm->fc);

	if (extfuse_is_tracing())
		return traced_background(xc, fm, args, gfp_flags);
	if (unlikely(xc))
		return background_send(xc, fm, args, gfp_flags);
	return fuse_daemon_background(fm, args, gfp_flags);
}

/*
 * fuse_request_end() calls this before args->end(), which gets the error that
 * is returned.  May run in the daemon's thread (its reply), in the task that aborts the
 * connection, or in the sender.
 */
int extfuse_request_ended(struct fuse_req *req, int error)
{
	struct extfuse_conn *xc = extfuse_conn_get(extfuse_req_conn(req));
	struct fuse_args *args = req->args;

	if (unlikely(xc)) {
		if (unlikely(args->ext.kept))
			extfuse_kept_gone(xc, args);
		if (args->ext.pending) {
			args->ext.pending = false;
			if (unlikely(args->ext.shadow))
				extfuse_shadow_compare(xc, args, error);
			error = extfuse_reply(xc, args->ext.fm, args, error, true);
		}
		/* Its args are the caller's no more: it cannot begin anew. */
		if (extfuse_is_overtaken(xc, args->opcode, args->ext.stamp) && args->ext.replied)
			error = -EIO;
		extfuse_marks_end(xc, args, extfuse_opcode_get(args->opcode));
	}
	if (extfuse_is_tracing())
		extfuse_trace_end(args, true, error);
	return error;
}
