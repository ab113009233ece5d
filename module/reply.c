// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reply phase: what the daemon answered is looked at by the kernel (learn.c)
 * and by the reply program, which fills caches, changes lifetimes (merge.c), or
 * refuses (pay.c).
 *
 * A reply program runs only for what the daemon itself wrote, and only where
 * the same attachment saw the request start.
 */
#include "fuse_i.h"
#include "context.h"
#include "learn.h"
#include "listing.h"
#include "merge.h"
#include "opcode.h"
#include "params.h"
#include "passthrough/pass.h"
#include "pay.h"
#include "reply.h"
#include "run.h"
#include "stats.h"
#include "trace.h"
#include <linux/rcupdate_trace.h>

static bool reply_is_refusable(const struct fuse_args *args, const struct extfuse_set *set)
{
	/* The kernel keeps a name that it has; a policy decides which callers get it. */
	if (args->ext.flags & EXTFUSE_ARGS_REVAL && !(set->flags & EXTFUSE_ATTACH_FAIL_CLOSED))
		return false;
	return extfuse_reply_is_undoable(args);
}

/* What the daemon has given is paid back by extfuse_reply(). */
static ssize_t reply_refuse(struct fuse_args *args, int error)
{
	args->ext.refused = true;
	return error;
}

/* Its program cannot be asked: a policy lets nothing through. */
static ssize_t reply_unseen(const struct extfuse_set *set, struct fuse_args *args, ssize_t ret)
{
	/* Where no error is one only, the daemon's answer does less harm. */
	if (!(set->flags & EXTFUSE_ATTACH_FAIL_CLOSED) || !reply_is_refusable(args, set) ||
	    !extfuse_error_is_plain(args, -EIO))
		return ret;
	return reply_refuse(args, -EIO);
}

/*
 * extfuse_reply_one - one answer: kept, changed or refused
 *
 * Returns what the caller gets; *said is the program's verdict.
 */
ssize_t extfuse_reply_one(struct extfuse_run *run, const struct bpf_prog *prog, ssize_t ret, int *said)
{
	struct fuse_args *args = run->args;
	int verdict;

	run->req.error = min_t(ssize_t, ret, 0);
	if (ret >= 0) {
		run->out_written = GENMASK(1, 0);
		extfuse_reply_until(run);
	} else {
		memset(run->req.out_size, 0, sizeof(run->req.out_size));
	}
	extfuse_count(run->xc, args->opcode, replies);
	verdict = extfuse_run_prog(run, prog);
	*said = verdict;
	if (!verdict && run->staged)
		extfuse_reply_merge(run);
	if (verdict >= 0 || verdict <= -512 || verdict == EXTFUSE_UPCALL ||
	    !reply_is_refusable(args, run->set))
		return ret;
	/* In words that are more than an error, a policy says no all the same. */
	if (!extfuse_error_is_plain(args, verdict))
		return reply_unseen(run->set, args, ret);
	extfuse_count(run->xc, args->opcode, changed);
	return reply_refuse(args, verdict);
}

/* *last != 0: everything in the buffer is hidden, this is where it ended. */
static noinline_for_stack ssize_t reply_ask(struct extfuse_conn *xc, struct fuse_mount *fm,
					    struct fuse_args *args, ssize_t ret, bool background,
					    u64 *last)
{
	bool dir = extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_DIR_REPLY;
	const struct bpf_prog *prog = NULL;
	const struct extfuse_set *set;
	struct extfuse_run run extfuse_filled_by_hand;
	int verdict;

	*last = 0;
	rcu_read_lock_trace();
	set = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());
	if (set && set->id == args->ext.set_id)
		prog = set->reply[args->opcode];
	if (!prog)
		goto out;
	if (unlikely(!READ_ONCE(extfuse_programs) || extfuse_is_running())) {
		ret = reply_unseen(set, args, ret);
		goto out;
	}

	extfuse_run_begin(&run, xc, set, fm, args);
	if (!fuse_to_extfuse_req(&run, EXTFUSE_PHASE_REPLY, background)) {
		ret = reply_unseen(set, args, ret);
		goto out;
	}
	/* The end of a directory has no entry that a program could be asked about. */
	if (dir && ret >= 0) {
		ret = extfuse_dirents_filter(&run, prog, ret, last);
		if (ret)
			*last = 0;
		if (ret < 0)
			ret = reply_refuse(args, ret);
	} else {
		ret = extfuse_reply_one(&run, prog, ret, &verdict);
		if (extfuse_is_tracing())
			extfuse_trace_reply(args, verdict);
	}
	extfuse_run_keep(&run);
out:
	rcu_read_unlock_trace();
	return ret;
}

/* All of a buffer was hidden: the caller gets what is behind it. */
static ssize_t dir_go_on(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
			 u64 offset)
{
	/* In the caller's struct fuse_io_args, which is not const. */
	struct fuse_read_in *in = (void *)extfuse_in(args, 0)->value;
	u64 before = in->offset;
	ssize_t ret;

	if (fatal_signal_pending(current))
		return -EINTR;
	in->offset = offset;
	args->out_args[0].size = in->size;
	args->ext.replied = false;
	ret = args->ext.ours ? extfuse_pass(xc, fm, args) : fuse_daemon_request(fm, args);
	in->offset = before;
	return ret;
}

/*
 * extfuse_reply - the reply phase of a request that went to the daemon
 * @ret:	what the stock way made of it
 *
 * Returns what the caller gets.
 */
ssize_t extfuse_reply(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
		      ssize_t ret, bool background)
{
	ssize_t given;
	u64 last;

	do {
		/* Aborted, interrupted or never sent: nobody's word. */
		if (!args->ext.replied)
			return ret;
		/*
		 * libfuse's high level, and others, read a directory as a whole
		 * when it is opened or first read: the reply is as old as that.
		 */
		if (unlikely(extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_DIR_REPLY))
			args->ext.stamp = args->ext.open_stamp;
		/* What was passed through is in no cache that could be wrong about it. */
		if (ret >= 0 && args->ext.pass != EXTFUSE_PASS_DONE)
			extfuse_reply_learn(xc, args, ret);
		if (!args->ext.set_id || !(extfuse_set_reply_ops(xc) & BIT_ULL(args->opcode)))
			return ret;
		given = ret;
		ret = reply_ask(xc, fm, args, ret, background, &last);
		if (args->ext.refused)
			extfuse_reply_pay_back(fm, args, given);
		if (last)
			ret = dir_go_on(xc, fm, args, last);
	} while (last && ret > 0);
	return ret;
}
