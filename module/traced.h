/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that are traced and have not ended, see traced.c.
 */
#ifndef _EXTFUSE_TRACED_H
#define _EXTFUSE_TRACED_H

#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/extfuse.h>
#include <linux/fuse.h>

struct pid;

/* What is known of a request before it has ended. */
struct extfuse_traced {
	struct hlist_node node;
	const struct fuse_args *args;	/* only compared */
	struct fuse_conn *fc;
	struct pid *tgid;		/* a reference */
	bool background;		/* its end is not its sender's */
	bool answered;			/* by a program, if nobody else has */
	struct extfuse_trace record;
	struct fuse_attr attr;		/* EXTFUSE_TRACE_NODE */
	struct fuse_attr child_attr;	/* EXTFUSE_TRACE_CHILD */
	char name[NAME_MAX + 1];	/* of its node */
};

DECLARE_STATIC_KEY_FALSE(extfuse_tracing);

/* Does anybody trace any connection?  No more than a nop where nobody does. */
static __always_inline bool extfuse_is_tracing(void)
{
	return static_branch_unlikely(&extfuse_tracing);
}

void extfuse_tracing_on(void);
void extfuse_tracing_off(void);

struct extfuse_traced *extfuse_traced_alloc(gfp_t gfp);
void extfuse_traced_free(struct extfuse_traced *t);
void extfuse_traced_put(struct extfuse_traced *t);
struct extfuse_traced *extfuse_traced_take(const struct fuse_args *args, bool background);
/* Calls @note with the request, if it is traced, under a spin lock. */
void extfuse_traced_note(const struct fuse_args *args,
			 void (*note)(struct extfuse_traced *t, const void *what), const void *what);

#endif /* _EXTFUSE_TRACED_H */
