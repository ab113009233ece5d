/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters of the module, see params.c.
 */
#ifndef _EXTFUSE_PARAMS_H
#define _EXTFUSE_PARAMS_H

#include <linux/types.h>

extern bool extfuse_programs;
extern bool extfuse_unsafe_helpers;

/* What a debug build can be told not to get: bits of its parameter memory_fails. */
#define EXTFUSE_MEMORY_LISTING	1
#define EXTFUSE_MEMORY_FORGET	2
#define EXTFUSE_MEMORY_RELEASE	4

#if EXTFUSE_DEBUG
extern unsigned int extfuse_memory_fails;

static inline bool extfuse_memory_lacks(unsigned int what)
{
	return READ_ONCE(extfuse_memory_fails) & what;
}
#else
static inline bool extfuse_memory_lacks(unsigned int what)
{
	return false;
}
#endif

#endif /* _EXTFUSE_PARAMS_H */
