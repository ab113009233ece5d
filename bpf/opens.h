/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stays when a file is closed.  Which handles are kept, and for whom, the module knows
 * (EXTFUSE_REUSE); so it does which pages and listings are as they were.
 */
#ifndef OPENS_H
#define OPENS_H

#include <extfuse/bpf.h>

static __always_inline int open_reuse(const struct extfuse_req *req)
{
	return req->flags & EXTFUSE_F_FRESH ? EXTFUSE_UPCALL : EXTFUSE_REUSE;
}

/* @flags: FOPEN_* that the module may set. */
static __always_inline int open_keep(struct extfuse_req *req, __u32 flags)
{
	struct fuse_open_out out = {};

	if (req->error || bpf_extfuse_read_args(req, OUT_PARAM_0, &out, sizeof(out)))
		return EXTFUSE_KEEP;
	out.open_flags |= flags;
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out)) ? EXTFUSE_KEEP : 0;
}

#endif /* OPENS_H */
