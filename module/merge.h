/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reply program may change, see merge.c.
 */
#ifndef _EXTFUSE_MERGE_H
#define _EXTFUSE_MERGE_H

#include "run.h"

void extfuse_entry_until(struct extfuse_run *run, const struct fuse_entry_out *out);
void extfuse_entry_merge(struct extfuse_run *run, struct fuse_entry_out *out,
			 const char *name, u32 namelen);
void extfuse_reply_until(struct extfuse_run *run);
void extfuse_reply_merge(struct extfuse_run *run);

#endif /* _EXTFUSE_MERGE_H */
