/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a set of programs, see set.c.
 */
#ifndef _EXTFUSE_SET_H
#define _EXTFUSE_SET_H

#include "helpers.h"
#include "opcode.h"
#include "slots.h"

#define EXTFUSE_BAD_VERDICTS	1000	/* in a row, then the set is detached */

struct extfuse_set *extfuse_set_make(const struct extfuse_ioc_attach *arg,
				     struct extfuse_log *log);
void extfuse_set_free(struct extfuse_set *set);
int extfuse_set_publish(struct extfuse_conn *xc, struct extfuse_set *set, bool replace);
void extfuse_set_abort(struct extfuse_conn *xc);
int extfuse_set_detach(struct extfuse_conn *xc);
void extfuse_set_end(struct extfuse_conn *xc);
void extfuse_set_drop_bad(struct extfuse_conn *xc, const struct extfuse_set *set);

/* A policy that has lost its programs, and lets nothing through. */
static inline bool extfuse_set_is_lost(const struct extfuse_set *set)
{
	return !set->nprogs;
}

/*
 * extfuse_is_overtaken - has a policy come, gone or been lost since a request
 *			  of this opcode began, at @stamp?
 *
 * False means that the set which saw it begin, or none, is still there: asked
 * after the reply program has run, it says that no policy has missed the reply.
 */
static inline bool extfuse_is_overtaken(const struct extfuse_conn *xc, u32 opcode, u64 stamp)
{
	/* The set that has seen the reply was read before. */
	smp_rmb();
	return unlikely(!extfuse_slot_is_fresh(&xc->policy, stamp)) &&
	       extfuse_opcode_get(opcode)->flags & EXTFUSE_OP_REFUSE_REPLY &&
	       READ_ONCE(xc->policy_ops) & BIT_ULL(opcode);
}

#endif /* _EXTFUSE_SET_H */
