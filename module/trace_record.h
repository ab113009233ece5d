/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record of a request, as who traces reads it: see trace_record.c.
 */
#ifndef _EXTFUSE_TRACE_RECORD_H
#define _EXTFUSE_TRACE_RECORD_H

#include <linux/extfuse.h>
#include <linux/list.h>

struct extfuse_traced;

struct extfuse_record {
	struct list_head list;
	struct extfuse_trace head;	/* and what belongs to it */
};

/* How much of each output there is. */
struct extfuse_outputs {
	u32 size[2];
};

/* @ret: what the caller of a request gets. */
void extfuse_outputs_find(struct extfuse_outputs *o, const struct fuse_args *args, bool background, ssize_t ret);
/* NULL: there is no memory.  Does not sleep.  @data: with all that is in pages. */
struct extfuse_record *extfuse_record_make(const struct extfuse_traced *t, const struct fuse_args *args,
					   const struct extfuse_outputs *o, bool data);
/* Is it in the request, or the node's? */
bool extfuse_record_has_name(const struct extfuse_traced *t, const struct fuse_args *args, const char *name);

#endif /* _EXTFUSE_TRACE_RECORD_H */
