/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Options that the administrator gave at mount time, as libextfuse hands them
 * to a BPF object before it loads it.  Both sides include this file.
 */
#ifndef _EXTFUSE_OPTIONS_H
#define _EXTFUSE_OPTIONS_H

#include <linux/types.h>

#define EXTFUSE_OPT_NAMES_DIR	(1U << 0)	/* names=dir: lifetimes of names are not lengthened */
#define EXTFUSE_OPT_NEGTIMEO	(1U << 1)	/* negtimeo_ns is given; else names that are not there have actimeo_ns */

/* Grows only at its end; what one side does not know is zero. */
struct extfuse_ext_options {
	__u64	actimeo_ns;	/* lifetime of names and attributes; 0: the daemon's own */
	__u64	seed;		/* random, new at each load: for hashes of names */
	__u32	flags;		/* EXTFUSE_OPT_* */
	__u32	entries;	/* elements of the object's largest cache_ map, for caches that are arrays */
	__u64	xattrtimeo_ns;	/* lifetime of extended attributes; 0: they are not kept */
	__u64	negtimeo_ns;	/* EXTFUSE_OPT_NEGTIMEO: lifetime of names that are not there */
};

#define EXTFUSE_PATTERN_SIZE	64

/*
 * pattern=: names that begin with @head and, where @any says so, go on with
 * anything and end with @tail.  In lower case.
 */
struct extfuse_ext_pattern {
	char	head[EXTFUSE_PATTERN_SIZE];
	char	tail[EXTFUSE_PATTERN_SIZE];
	__u32	head_len;
	__u32	tail_len;
	__u32	any;
};

/* One byte of a name, A to Z in lower case. */
static inline __attribute__((__always_inline__))
char extfuse_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/**
 * extfuse_pattern_match - is a name one that a pattern means?
 * @p:		the pattern, extfuse_pattern
 * @name:	256 bytes in the program's own memory
 * @len:	length of the name, without a NUL
 *
 * Letters are compared without regard to case: a file system may do so, and a
 * name that it takes for another must not go by.
 */
static inline __attribute__((__always_inline__))
int extfuse_pattern_match(const volatile struct extfuse_ext_pattern *p, const char *name, __u32 len)
{
	__u32 i;

	if (len < p->head_len + p->tail_len || (!p->any && len != p->head_len))
		return 0;
	for (i = 0; i < EXTFUSE_PATTERN_SIZE && i < p->head_len; i++)
		if (extfuse_lower(name[i]) != p->head[i])
			return 0;
	for (i = 0; i < EXTFUSE_PATTERN_SIZE && i < p->tail_len; i++)
		if (extfuse_lower(name[(len - p->tail_len + i) & 255]) != p->tail[i])
			return 0;
	return 1;
}

#endif /* _EXTFUSE_OPTIONS_H */
