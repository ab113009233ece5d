// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request phase: the program of an opcode is asked, and its verdict becomes the
 * request's result, or the request goes on.
 */
#include "fuse_i.h"
#include "check.h"
#include "context.h"
#include "dirents.h"
#include "listing.h"
#include "opcode.h"
#include "params.h"
#include "request.h"
#include "run.h"
#include "set.h"
#include "shadow.h"
#include "stats.h"
#include "trace.h"
#include <linux/rcupdate_trace.h>

/* What the program wrote is taken back, as if it had not been asked. */
static void run_undo(struct extfuse_run *run)
{
	struct fuse_args *args = run->args;
	unsigned int i;

	if (!run->out_written)
		return;
	for (i = 0; i < args->out_numargs; i++) {
		args->out_args[i].size = run->out_room[i];
		if (!(run->out_written & BIT(i)))
			continue;
		if (extfuse_out_is_paged(args, i))
			extfuse_out_zero(args, 0);
		else
			memset(args->out_args[i].value, 0, run->out_room[i]);
	}
}

/* The outputs become the reply; returns what fuse_simple_request() would. */
static ssize_t extfuse_to_fuse_req(struct extfuse_run *run)
{
	struct fuse_args *args = run->args;
	unsigned int last = args->out_numargs - 1;

	if (!args->out_argvar)
		return 0;
	args->out_args[last].size = run->out_len[last];
	/* Of a link the caller marks the end, and nobody looks beyond it. */
	if (args->page_zeroing && args->opcode != FUSE_READLINK)
		extfuse_out_zero(args, run->out_len[last]);
	return run->out_len[last];
}

static ssize_t refusal_give(struct extfuse_run *run, int verdict)
{
	run_undo(run);
	run->args->ext.refused = true;
	return verdict;
}

/* Good or bad, in a row: a set that is wrong all the time is taken away. */
static void verdict_good(struct extfuse_conn *xc)
{
	if (unlikely(atomic_read(&xc->bad_in_row)))
		atomic_set(&xc->bad_in_row, 0);
}

static void verdict_bad(struct extfuse_run *run)
{
	extfuse_count(run->xc, run->args->opcode, bad);
	if (atomic_inc_return(&run->xc->bad_in_row) == EXTFUSE_BAD_VERDICTS)
		extfuse_set_drop_bad(run->xc, run->set);
}

static bool refusal_stands(const struct extfuse_run *run, int verdict)
{
	const struct fuse_args *args = run->args;

	if (verdict >= 0 || verdict <= -512)
		return false;
	if (!(extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_REFUSE))
		return false;
	return !extfuse_request_is_unlock(args);
}

/* A refusal that the opcode allows: may it stand for this request? */
static enum extfuse_outcome refusal_check(struct extfuse_run *run, int verdict)
{
	u8 flags = run->args->ext.flags;

	/* Was sent to ask the daemon itself, who is not the one who knows in a tree. */
	if (flags & EXTFUSE_ARGS_FRESH && !(run->args->ext.inode && extfuse_low(run->args->ext.inode)))
		return extfuse_stale(run, EXTFUSE_WHY_DISTRUST);
	/* The kernel keeps a name that it has; a policy decides which callers get it. */
	if (flags & EXTFUSE_ARGS_REVAL && !(run->set->flags & EXTFUSE_ATTACH_FAIL_CLOSED))
		return extfuse_stale(run, EXTFUSE_WHY_KNOWN_NAME);
	if (likely(extfuse_error_is_plain(run->args, verdict)))
		return EXTFUSE_ACCEPT;
	return extfuse_absence_check(run, verdict);
}

/*
 * A policy says no in words that are more than an error: it stays a no.  Where
 * no error is one only, the daemon is asked.
 */
static bool refusal_is_meant(const struct extfuse_run *run, int verdict)
{
	return run->set->flags & EXTFUSE_ATTACH_FAIL_CLOSED && refusal_stands(run, verdict) &&
	       extfuse_error_is_plain(run->args, -EIO);
}

/*
 * PASSTHROUGH is done once the program is left: see extfuse_pass().  A shadow
 * gives nothing but the daemon's word, and nobody waits in the background.
 */
static enum extfuse_outcome pass_check(struct extfuse_run *run)
{
	if (!(run->set->flags & EXTFUSE_ATTACH_SHADOW) && !run->args->end)
		run->args->ext.pass = EXTFUSE_PASS_ASKED;
	return EXTFUSE_PASS;
}

/* So is REUSE: see extfuse_kept_open(). */
static enum extfuse_outcome reuse_check(struct extfuse_run *run)
{
	if (!(extfuse_opcode_get(run->args->opcode)->flags & EXTFUSE_OP_OPEN_REPLY))
		return extfuse_bad(run, EXTFUSE_WHY_VERDICT);
	if (!(run->set->flags & EXTFUSE_ATTACH_SHADOW))
		run->args->ext.pass = EXTFUSE_PASS_REUSE;
	return EXTFUSE_PASS;
}

/* May it stand?  EXTFUSE_UPCALL is no question. */
static __always_inline enum extfuse_outcome verdict_judge(struct extfuse_run *run, int verdict)
{
	if (!verdict)
		return extfuse_answer_check(run);
	if (verdict == EXTFUSE_PASSTHROUGH)
		return pass_check(run);
	if (verdict == EXTFUSE_REUSE)
		return reuse_check(run);
	if (!refusal_stands(run, verdict))
		return extfuse_bad(run, EXTFUSE_WHY_VERDICT);
	return refusal_check(run, verdict);
}

/*
 * extfuse_request_judge - the same, of a request that nobody has sent
 * @error:	out: what its caller would get, if it is the program's to say; else 0
 */
enum extfuse_outcome extfuse_request_judge(struct extfuse_run *run, int verdict, int *error)
{
	enum extfuse_outcome outcome = verdict_judge(run, verdict);

	*error = outcome == EXTFUSE_ACCEPT ? verdict : 0;
	if (outcome == EXTFUSE_BAD && refusal_is_meant(run, verdict))
		*error = -EIO;
	return outcome;
}

/*
 * What becomes of the request: its result, or EXTFUSE_NOT_DONE.  Every way to
 * EXTFUSE_NOT_DONE leaves args as they were.
 */
static ssize_t verdict_apply(struct extfuse_run *run, int verdict)
{
	struct fuse_conn *fc = run->fm->fc;
	u32 opcode = run->args->opcode;
	enum extfuse_outcome outcome;

	if (verdict == EXTFUSE_UPCALL) {
		verdict_good(run->xc);
		goto upcall;
	}
	/* A dead daemon means -ENOTCONN: the stock way says so. */
	if (!extfuse_conn_is_connected(fc))
		goto upcall;

	outcome = verdict_judge(run, verdict);
	switch (outcome) {
	case EXTFUSE_ACCEPT:
		verdict_good(run->xc);
		if (verdict)
			extfuse_count(run->xc, opcode, failed);
		else
			extfuse_count(run->xc, opcode, answered);
		if (likely(!(run->set->flags & EXTFUSE_ATTACH_SHADOW)))
			return verdict ? refusal_give(run, verdict) : extfuse_to_fuse_req(run);
		/* A shadow's word is compared, not given. */
		extfuse_shadow_keep(run, verdict);
		break;
	case EXTFUSE_PASS:
		verdict_good(run->xc);
		break;
	case EXTFUSE_STALE:
		verdict_good(run->xc);
		extfuse_count(run->xc, opcode, stale);
		break;
	case EXTFUSE_BAD:
		verdict_bad(run);
		if (unlikely(refusal_is_meant(run, verdict)))
			return refusal_give(run, -EIO);
		break;
	}
upcall:
	run_undo(run);
	return EXTFUSE_NOT_DONE;
}

/*
 * A program answered READDIR: its entries go through the reply program as the
 * daemon's would, in a run of its own.  If that hides all of them, the daemon says
 * what is next.
 */
static noinline_for_stack ssize_t answer_filter(const struct extfuse_run *answer, ssize_t ret)
{
	const struct bpf_prog *prog = answer->set->reply[answer->args->opcode];
	struct extfuse_run run extfuse_filled_by_hand;
	u64 last;

	if (!prog)
		return ret;
	extfuse_run_begin(&run, answer->xc, answer->set, answer->fm, answer->args);
	if (!fuse_to_extfuse_req(&run, EXTFUSE_PHASE_REPLY, false))
		return ret;
	/* Nobody has counted these entries yet. */
	run.own_entries = true;
	ret = extfuse_dirents_filter(&run, prog, ret, &last);
	if (ret > 0)
		return ret;
	run.args->out_args[0].size = answer->out_room[0];
	return EXTFUSE_NOT_DONE;
}

/*
 * What a program listed is filtered first and paid for last, when nothing can
 * take the answer back any more.
 */
static ssize_t answer_list(const struct extfuse_run *run, ssize_t ret)
{
	u64 stamp = U64_MAX;
	unsigned int i;

	for (i = 0; i < run->nproofs; i++)
		stamp = min(stamp, run->proofs[i].stamp);
	/* The list is as old as what it rests on: so is what a reply program makes of it. */
	run->args->ext.stamp = min(run->args->ext.stamp, stamp);
	ret = answer_filter(run, ret);
	if (ret > 0 && run->args->opcode == FUSE_READDIRPLUS)
		extfuse_dirents_own(run, ret, stamp);
	return ret;
}

/* Who opens it, and how: so it may be kept when it is closed, and given to the same again. */
static void handle_note(const struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;

	if (!run->set->close_valid || !(extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_OPEN_REPLY))
		return;
	args->ext.made->ext.who = args->ext.who;
	args->ext.made->ext.flags = ((const struct fuse_open_in *)extfuse_in(args, 0)->value)->flags;
}

/* One verdict, and what becomes of it; who traces is told both. */
static __always_inline ssize_t prog_ask(struct extfuse_run *run, const struct bpf_prog *prog)
{
	int verdict = extfuse_run_prog(run, prog);
	ssize_t ret;

	if (extfuse_is_tracing())
		run->why = EXTFUSE_WHY_NONE;
	ret = verdict_apply(run, verdict);
	if (extfuse_is_tracing())
		extfuse_trace_asked(run, verdict, ret != EXTFUSE_NOT_DONE);
	return ret;
}

/* @prog may be NULL: then only the caller is noted, for a reply program. */
static ssize_t run_ask(struct extfuse_run *run, const struct bpf_prog *prog, bool background)
{
	ssize_t ret;

	/* Since 7.12 there is nothing to adjust. */
	if (!background && unlikely(run->fm->fc->minor < 12))
		extfuse_sizes_adjust(run->fm->fc, run->args);
	if (!extfuse_context_fill(run, EXTFUSE_PHASE_REQUEST, background))
		return EXTFUSE_NOT_DONE;
	if (unlikely(run->args->ext.made))
		handle_note(run);
	ret = prog ? prog_ask(run, prog) : EXTFUSE_NOT_DONE;
	/* An answer needs them no more, but for a reply program that sees its entries. */
	if (ret == EXTFUSE_NOT_DONE || ret > 0)
		extfuse_run_keep(run);
	if (ret > 0 && extfuse_opcode_get(run->args->opcode)->flags & EXTFUSE_OP_DIR_REPLY)
		ret = answer_list(run, ret);
	return ret;
}

/* FAIL_CLOSED: without its programs a policy lets nothing through. */
static bool set_is_closed(const struct extfuse_set *set, u32 opcode, bool programs)
{
	return unlikely(set && set->covered_ops & BIT_ULL(opcode)) &&
	       (!programs || extfuse_set_is_lost(set));
}

/*
 * Both sets count.  @asked may be lost, and what has been attached since has not been
 * asked.  The one that is there now may be lost by this very request.
 */
static bool request_is_closed(struct fuse_conn *fc, const struct extfuse_conn *xc,
			      const struct extfuse_set *asked, const struct fuse_args *args,
			      bool programs)
{
	const struct extfuse_set *now = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());

	if (likely(!set_is_closed(asked, args->opcode, programs) &&
		   !set_is_closed(now, args->opcode, programs)))
		return false;
	if (extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_ALWAYS_UP)
		return false;
	/* To the kernel it would be "has none": the daemon's answer does less harm. */
	if (!extfuse_error_is_plain(args, -EIO))
		return false;
	/* A dead daemon means -ENOTCONN, and the stock way says so; a handle of ours outlives it. */
	return args->ext.ours || extfuse_conn_is_connected(fc);
}

/*
 * The request phase: the program of this opcode on this connection, if there
 * is one.  Returns the request's result, or EXTFUSE_NOT_DONE.
 */
ssize_t extfuse_request_ask(struct extfuse_conn *xc, struct fuse_mount *fm,
			    struct fuse_args *args, bool background)
{
	/* Once: what is switched on meanwhile has not asked. */
	bool programs = READ_ONCE(extfuse_programs);
	struct fuse_conn *fc = fm->fc;
	const struct extfuse_set *set;
	const struct bpf_prog *prog;
	struct extfuse_run run extfuse_filled_by_hand;
	ssize_t ret = EXTFUSE_NOT_DONE;

	rcu_read_lock_trace();
	set = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());
	if (!set || !programs)
		goto out;

	args->ext.set_id = set->id;
	args->ext.caller_known = false;
	prog = set->request[args->opcode];
	if (!prog && !(background && set->reply[args->opcode]))
		goto out;
	/* A task inside one of our programs never starts another. */
	if (unlikely(extfuse_is_running()))
		goto out;

	/* Abort and unmount wait for an answered request as for any other. */
	extfuse_waiting_get(fc);
	if (likely(extfuse_conn_is_ready(fc))) {
		extfuse_run_begin(&run, xc, set, fm, args);
		ret = run_ask(&run, prog, background);
	}
	extfuse_waiting_put(fc);
out:
	if (ret == EXTFUSE_NOT_DONE && request_is_closed(fc, xc, set, args, programs)) {
		extfuse_shadow_drop(args);
		args->ext.refused = true;
		ret = -EIO;
	}
	rcu_read_unlock_trace();
	return ret;
}
