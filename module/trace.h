/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests are traced, see trace.c.  All of it is called only where extfuse_is_tracing().
 */
#ifndef _EXTFUSE_TRACE_H
#define _EXTFUSE_TRACE_H

#include "traced.h"

struct extfuse_run;

/* A request begins, in its caller's task.  @gfp: of a background one, as it is sent. */
void extfuse_trace_begin(struct fuse_mount *fm, struct fuse_args *args, bool background, gfp_t gfp);
/* A program has been asked; @done: what it says stands. */
void extfuse_trace_asked(const struct extfuse_run *run, int verdict, bool done);
void extfuse_trace_reply(const struct fuse_args *args, int verdict);
/* It ends; @ret: what its caller gets. */
void extfuse_trace_end(const struct fuse_args *args, bool background, ssize_t ret);

#endif /* _EXTFUSE_TRACE_H */
