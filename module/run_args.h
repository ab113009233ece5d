/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of a request as a program reads and writes them, see run_args.c.
 */
#ifndef _EXTFUSE_RUN_ARGS_H
#define _EXTFUSE_RUN_ARGS_H

#include "run.h"

/* As bpf_extfuse_read_args() and bpf_extfuse_write_args(), whose documents say what is returned. */
int extfuse_run_read(const struct extfuse_run *run, u32 type, void *dst, u32 size);
int extfuse_run_write(struct extfuse_run *run, u32 type, const void *src, u32 size);

#endif /* _EXTFUSE_RUN_ARGS_H */
