// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: programs that write long lifetimes and do not end before the case lets them, so that something else happens
 * while they run, or right behind them.
 */
#include <extfuse/bpf.h>
#include "slow.h"

EXTFUSE_OPTIONS;

volatile struct slow slow;

static long turn(__u32 i, void *ctx)
{
	(void)i;
	(void)ctx;
	return slow.go ? 1 : 0;
}

static __always_inline void wait(void)
{
	slow.running = 1;
	bpf_loop(1 << 23, turn, NULL, 0);
}

EXTFUSE_REQUEST(lookup)
{
	struct fuse_entry_out out;

	if (!slow.answer || !(req->flags & EXTFUSE_F_REVAL))
		return EXTFUSE_UPCALL;
	slow.answer = 0;
	__builtin_memcpy(&out, (void *)&slow.entry, sizeof(out));
	out.entry_valid = slow.seconds;
	out.attr_valid = slow.seconds;
	bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_NAME, req->stamp);
	bpf_extfuse_fresh(req, req->child, EXTFUSE_KIND_ATTR, req->stamp);
	bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out));
	wait();
	return 0;
}

/* Zeroed: a kfunc may read what it is given, and verifiers of older 6.1 want to see it written. */
EXTFUSE_REPLY(lookup)
{
	struct fuse_entry_out out = {};

	if (!slow.lengthen || bpf_extfuse_read_args(req, OUT_PARAM_0, &out, sizeof(out)))
		return EXTFUSE_KEEP;
	out.entry_valid = slow.seconds;
	out.attr_valid = slow.seconds;
	bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out));
	wait();
	return 0;
}

EXTFUSE_REPLY(getattr)
{
	struct fuse_attr_out out = {};

	if (!slow.lengthen || bpf_extfuse_read_args(req, OUT_PARAM_0, &out, sizeof(out)))
		return EXTFUSE_KEEP;
	out.attr_valid = slow.seconds;
	bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out));
	wait();
	return 0;
}

char _license[] SEC("license") = "GPL";
