// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of a program: the secret that its private state is recognised by, and a run
 * that takes long is told.
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

void extfuse_run_init(void)
{
	get_random_bytes(&extfuse_run_secret, sizeof(extfuse_run_secret));
}
