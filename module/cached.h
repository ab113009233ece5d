/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was read stays when a file is closed, see cached.c.
 */
#ifndef _EXTFUSE_CACHED_H
#define _EXTFUSE_CACHED_H

u32 extfuse_cached_keep(struct extfuse_conn *xc, const struct fuse_args *args, u32 wish);
void extfuse_cached_released(struct inode *inode, const struct fuse_file *ff);
void extfuse_cached_read(struct extfuse_conn *xc, const struct fuse_args *args);
bool extfuse_cached_listing(const struct extfuse_conn *xc, const struct fuse_file *ff);

/*
 * Call sites: may the listing that this handle reads be cached, or come from the cache?
 * Not one that a program filters per caller.
 */
static inline bool extfuse_cache_dir(const struct fuse_file *ff)
{
	const struct extfuse_conn *xc;

	if (!(ff->open_flags & FOPEN_CACHE_DIR))
		return false;
	xc = extfuse_conn_get(ff->fm->fc);
	return likely(!xc) || extfuse_cached_listing(xc, ff);
}

#endif /* _EXTFUSE_CACHED_H */
