/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of a set, bit n for opcode n: see set_ops.c.
 */
#ifndef _EXTFUSE_SET_OPS_H
#define _EXTFUSE_SET_OPS_H

u64 extfuse_set_plain_ops_of(const struct extfuse_set *set);
u64 extfuse_set_who_ops_of(const struct extfuse_set *set);

#endif /* _EXTFUSE_SET_OPS_H */
