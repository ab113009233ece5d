/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters of the module, see params.c.
 */
#ifndef _EXTFUSE_PARAMS_H
#define _EXTFUSE_PARAMS_H

#include <linux/types.h>

extern bool extfuse_programs;
extern bool extfuse_unsafe_helpers;

#endif /* _EXTFUSE_PARAMS_H */
