/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who traces a connection by EXTFUSE_IOC_TRACE, see tracer.c.
 */
#ifndef _EXTFUSE_TRACER_H
#define _EXTFUSE_TRACER_H

struct extfuse_ioc_trace;
struct extfuse_traced;

long extfuse_ioctl_trace(struct fuse_conn *fc, const struct extfuse_ioc_trace *arg);
/* Does anybody want to see requests of this opcode, of the current task? */
bool extfuse_tracers_want(const struct fuse_conn *fc, u32 opcode);
/* One of the current task that there was no memory for. */
void extfuse_tracers_lose(const struct fuse_conn *fc, u32 opcode);
/* A request has ended; its args are still there.  @ret: what its caller gets. */
void extfuse_tracers_give(const struct extfuse_traced *t, const struct fuse_args *args, ssize_t ret);
/* The connection is aborted. */
void extfuse_tracers_end(const struct fuse_conn *fc);

#endif /* _EXTFUSE_TRACER_H */
