// SPDX-License-Identifier: GPL-2.0-only
/*
 * EXTFUSE_IOC_TEST: a program is run once on a request that somebody has written, and told is
 * what the module would have made of its answer.
 *
 * The set is made as an attach makes it, and the checks are those of request.c, check.c,
 * reply.c and listing.c themselves.  What they look at is a world of the test's own
 * (test_world.c); no connection, mount or counter of others is reached.
 */
#include "fuse_i.h"
#include "attach.h"
#include "context.h"
#include "listing.h"
#include "opcode.h"
#include "reply.h"
#include "request.h"
#include "run.h"
#include "set.h"
#include "test.h"
#include "test_world.h"
#include <linux/rcupdate_trace.h>

/* struct extfuse_ioc_attach in version 1 of the ABI. */
#define ATTACH_LEAST	112

#define TOLD_FLAGS	(EXTFUSE_F_IDMAPPED | EXTFUSE_F_FOLDS | EXTFUSE_F_AGAIN)
#define REQ_FLAGS	(TOLD_FLAGS | EXTFUSE_F_BACKGROUND | EXTFUSE_F_NOCREDS | EXTFUSE_F_FRESH | \
			 EXTFUSE_F_REVAL | EXTFUSE_F_WROTE)

static int arg_is_valid(const struct extfuse_ioc_test *arg)
{
	if (arg->flags || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)) ||
	    arg->phase >= __EXTFUSE_PHASE_MAX || arg->req_flags & ~REQ_FLAGS)
		return -EINVAL;
	if (arg->error > 0 || arg->error <= -512 || (arg->phase == EXTFUSE_PHASE_REQUEST && arg->error))
		return -EINVAL;
	if (arg->stamp >= EXTFUSE_TEST_STAMPS)
		return -EINVAL;
	if (arg->req_flags & EXTFUSE_F_REVAL && !arg->child_attr)
		return -EINVAL;
	if (arg->in_size > EXTFUSE_TEST_MAX || arg->out_size > EXTFUSE_TEST_MAX)
		return -E2BIG;
	return arg->in_size < sizeof(struct fuse_in_header) ? -EINVAL : 0;
}

/* As for an attach; why not goes to the caller's log. */
static struct extfuse_set *set_make(const struct extfuse_ioc_test *arg)
{
	char text[256] = "";
	struct extfuse_log log = { .buf = text, .size = sizeof(text) };
	struct extfuse_ioc_attach attach;
	struct extfuse_set *set;
	int err;

	if (arg->attach_size < ATTACH_LEAST || arg->attach_size > PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	err = copy_struct_from_user(&attach, sizeof(attach), u64_to_user_ptr(arg->attach), arg->attach_size);
	if (!err && attach.conn)
		err = -EINVAL;
	err = err ?: extfuse_attach_is_valid(&attach);
	if (err)
		return ERR_PTR(err);
	set = extfuse_set_make(&attach, &log);
	err = extfuse_attach_log(&attach, &log);
	if (IS_ERR(set) || !err)
		return set;
	extfuse_set_free(set);
	return ERR_PTR(err);
}

/* What the context would have of a mount and of the time. */
static void context_tell(struct extfuse_run *run, const struct extfuse_ioc_test *arg)
{
	run->req.flags |= arg->req_flags & TOLD_FLAGS;
	run->why = EXTFUSE_WHY_NONE;
	if (!arg->now)
		return;
	run->now = arg->now;
	run->req.now = arg->now;
}

static u32 request_result(const struct extfuse_ioc_test *arg, enum extfuse_outcome outcome)
{
	/* A policy's no in words that are more than one. */
	if (arg->error)
		return EXTFUSE_TEST_REFUSED;
	switch (outcome) {
	case EXTFUSE_ACCEPT:
		return EXTFUSE_TEST_ANSWERED;
	case EXTFUSE_PASS:
		return arg->verdict == EXTFUSE_REUSE ? EXTFUSE_TEST_REUSE : EXTFUSE_TEST_PASSTHROUGH;
	case EXTFUSE_STALE:
		return EXTFUSE_TEST_STALE;
	case EXTFUSE_BAD:
		break;
	}
	return EXTFUSE_TEST_BAD;
}

/* Bytes that the program has written, of outputs that follow one another; those before are whole. */
static u32 request_size(const struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;
	u32 i, size = 0;

	if (!run->out_written)
		return 0;
	for (i = 0; i < args->out_numargs; i++)
		size += args->out_argvar && i == args->out_numargs - 1U ? run->out_len[i] : args->out_args[i].size;
	return size;
}

static void request_run(struct extfuse_run *run, const struct bpf_prog *prog, struct extfuse_ioc_test *arg)
{
	enum extfuse_outcome outcome;

	arg->verdict = extfuse_run_prog(run, prog);
	arg->written = run->out_written;
	arg->out_size = request_size(run);
	if (arg->verdict == EXTFUSE_UPCALL) {
		arg->result = EXTFUSE_TEST_UPCALL;
		return;
	}
	outcome = extfuse_request_judge(run, arg->verdict, &arg->error);
	arg->result = request_result(arg, outcome);
	arg->why = run->why;
}

static void reply_run(struct extfuse_run *run, const struct bpf_prog *prog, struct extfuse_ioc_test *arg)
{
	struct fuse_args *args = run->args;
	bool list = extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_DIR_REPLY;
	ssize_t ret = arg->error ?: (ssize_t)args->out_args[0].size;
	unsigned int i;
	u64 last;

	if (list && !arg->error) {
		/* No daemon has counted these entries. */
		run->own_entries = true;
		ret = extfuse_dirents_filter(run, prog, ret, &last);
	} else {
		ret = extfuse_reply_one(run, prog, ret, &arg->verdict);
	}
	arg->result = min_t(ssize_t, ret, 0) == arg->error ? EXTFUSE_TEST_KEPT : EXTFUSE_TEST_REFUSED;
	arg->error = min_t(ssize_t, ret, 0);
	arg->out_size = 0;
	for (i = 0; !arg->error && i < args->out_numargs; i++)
		arg->out_size += args->out_args[i].size;
}

/* The results, of a program that there may not be. */
static void world_run(struct extfuse_test_world *w, const struct extfuse_set *set, struct extfuse_ioc_test *arg)
{
	bool reply = arg->phase == EXTFUSE_PHASE_REPLY;
	const struct bpf_prog *prog = reply ? set->reply[w->args.opcode] : set->request[w->args.opcode];
	struct extfuse_run run extfuse_filled_by_hand;
	u64 start;

	if (!prog) {
		arg->out_size = 0;
		return;
	}
	rcu_read_lock_trace();
	extfuse_run_begin(&run, w->fc.extfuse, set, &w->fm, &w->args);
	/* The caller is known, so nothing can be missing. */
	fuse_to_extfuse_req(&run, arg->phase, arg->req_flags & EXTFUSE_F_BACKGROUND);
	context_tell(&run, arg);
	start = ktime_get_ns();
	if (reply)
		reply_run(&run, prog, arg);
	else
		request_run(&run, prog, arg);
	arg->ns = ktime_get_ns() - start;
	memcpy(arg->cookie, run.req.cookie, sizeof(arg->cookie));
	rcu_read_unlock_trace();
}

static void results_clear(struct extfuse_ioc_test *arg)
{
	arg->verdict = 0;
	arg->result = EXTFUSE_TEST_NO_PROGRAM;
	arg->why = EXTFUSE_WHY_NONE;
	arg->written = 0;
	arg->ns = 0;
}

long extfuse_ioctl_test(struct extfuse_ioc_test *arg)
{
	struct extfuse_test_world *w;
	struct extfuse_set *set;
	int err = arg_is_valid(arg);

	if (err)
		return err;
	set = set_make(arg);
	if (IS_ERR(set))
		return PTR_ERR(set);
	w = extfuse_test_world_make(arg, set);
	if (IS_ERR(w))
		return PTR_ERR(w);
	results_clear(arg);
	world_run(w, set, arg);
	if (arg->out_size && copy_to_user(u64_to_user_ptr(arg->out), w->out, arg->out_size))
		err = -EFAULT;
	extfuse_test_world_free(w);
	return err;
}
