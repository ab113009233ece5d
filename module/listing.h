/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of the entries of a listing, see listing.c.
 */
#ifndef _EXTFUSE_LISTING_H
#define _EXTFUSE_LISTING_H

#include "run.h"

int extfuse_listing_hold(struct fuse_args *args, u64 ops);
void extfuse_dirents_pay(const struct fuse_args *args, u32 size);
void extfuse_dirents_own(const struct extfuse_run *run, u32 size, u64 stamp);
ssize_t extfuse_dirents_filter(struct extfuse_run *run, const struct bpf_prog *prog, u32 len,
			       u64 *last);

#endif /* _EXTFUSE_LISTING_H */
