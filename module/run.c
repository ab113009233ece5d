// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of a program: its private state is found by the kfuncs, and a run that takes
 * long is told.
 */
#include "fuse_i.h"
#include "run.h"
#include "stats.h"
#include <linux/random.h>

u64 extfuse_run_secret __read_mostly;

void extfuse_run_slow(struct extfuse_run *run, u64 ns)
{
	if (READ_ONCE(run->xc->slow_logged))
		return;
	WRITE_ONCE(run->xc->slow_logged, true);
	pr_info("connection %u: a program of extension '%s' took %llu us for opcode %u; see its owner if the mount is slow\n",
		run->fm->fc->dev, run->set->name, div_u64(ns, NSEC_PER_USEC), run->args->opcode);
}

/* The run that the current task is in, or NULL. */
struct extfuse_run *extfuse_run_current(void)
{
	struct bpf_tramp_run_ctx *ctx;
	struct extfuse_run *run;

	if (!in_task() || !current->bpf_ctx)
		return NULL;
	ctx = container_of(current->bpf_ctx, struct bpf_tramp_run_ctx, run_ctx);
	/* The context of an iterator is empty: its first word is the stack's. */
	run = (void *)(unsigned long)(READ_ONCE_NOCHECK(ctx->bpf_cookie) ^ extfuse_run_secret);
	/* A foreign cookie gives any address: compare before anything is read. */
	return run == container_of(ctx, struct extfuse_run, run_ctx) ? run : NULL;
}

void extfuse_run_init(void)
{
	get_random_bytes(&extfuse_run_secret, sizeof(extfuse_run_secret));
}
