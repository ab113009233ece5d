/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How full the caches of an attached extension are, for 'extfuse stats'.
 */
#ifndef EXTFUSE_CACHE_SIZES_H
#define EXTFUSE_CACHE_SIZES_H

#include <linux/types.h>
#include <stddef.h>

struct cache_size {
	char name[16];		/* of the map, as far as the kernel knows it */
	__u64 entries;		/* that are used, stale ones as well */
	__u64 max_entries;
	__u64 bytes;		/* of memory */
};

struct cache_sizes {
	struct cache_size *sizes;
	size_t count;
};

/* Returns 0, also where there is none to be told of, or -errno.  The caller frees sizes->sizes. */
int cache_sizes_get(struct cache_sizes *sizes, int fd, __u32 conn);

#endif /* EXTFUSE_CACHE_SIZES_H */
