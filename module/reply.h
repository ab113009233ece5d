/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reply phase, see reply.c.
 */
#ifndef _EXTFUSE_REPLY_H
#define _EXTFUSE_REPLY_H

#include "run.h"

ssize_t extfuse_reply(struct extfuse_conn *xc, struct fuse_mount *fm,
		      struct fuse_args *args, ssize_t ret, bool background);
ssize_t extfuse_reply_one(struct extfuse_run *run, const struct bpf_prog *prog, ssize_t ret, int *said);

#endif /* _EXTFUSE_REPLY_H */
