/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a request has in flight, see marks.c.
 */
#ifndef _EXTFUSE_MARKS_H
#define _EXTFUSE_MARKS_H

#include "opcode.h"

void extfuse_marks_take(struct extfuse_conn *xc, struct fuse_args *args,
			 const struct extfuse_opcode *op);
void extfuse_marks_drop(struct extfuse_conn *xc, struct fuse_args *args,
		       const struct extfuse_opcode *op);

static inline void extfuse_marks_begin(struct extfuse_conn *xc, struct fuse_args *args,
				       const struct extfuse_opcode *op)
{
	args->ext.marked = 0;
	if (op->flags & EXTFUSE_OP_CHANGES)
		extfuse_marks_take(xc, args, op);
}

static inline void extfuse_marks_end(struct extfuse_conn *xc, struct fuse_args *args,
				     const struct extfuse_opcode *op)
{
	if (op->flags & EXTFUSE_OP_CHANGES)
		extfuse_marks_drop(xc, args, op);
}

#endif /* _EXTFUSE_MARKS_H */
