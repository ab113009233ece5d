/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Options that the administrator gave at mount time, as libextfuse hands them
 * to a BPF object before it loads it.  Both sides include this file.
 */
#ifndef _EXTFUSE_OPTIONS_H
#define _EXTFUSE_OPTIONS_H

#include <linux/types.h>

#define EXTFUSE_OPT_NAMES_DIR	(1U << 0)	/* names=dir: lifetimes of names are not lengthened */

/* Grows only at its end; what one side does not know is zero. */
struct extfuse_ext_options {
	__u64	actimeo_ns;	/* lifetime of names and attributes; 0: the daemon's own */
	__u64	seed;		/* random, new at each load: for hashes of names */
	__u32	flags;		/* EXTFUSE_OPT_* */
	__u32	entries;	/* elements of the object's largest cache_ map, for caches that are arrays */
};

#endif /* _EXTFUSE_OPTIONS_H */
