/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kfuncs, see kfunc.c.
 */
#ifndef _EXTFUSE_KFUNC_H
#define _EXTFUSE_KFUNC_H

int extfuse_kfunc_init(void);
bool extfuse_kfunc_is_ours(const void *addr, u32 btf_id);

#endif /* _EXTFUSE_KFUNC_H */
