/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was read stays when a file is closed, see cached.c.
 */
#ifndef _EXTFUSE_CACHED_H
#define _EXTFUSE_CACHED_H

u32 extfuse_cached_keep(struct extfuse_conn *xc, const struct fuse_args *args, u32 wish);
u32 extfuse_cached_reopened(const struct extfuse_conn *xc, struct inode *inode, const struct fuse_file *ff);
void extfuse_cached_released(struct inode *inode, const struct fuse_file *ff);
void extfuse_cached_read(struct extfuse_conn *xc, const struct fuse_args *args);
bool extfuse_cached_listing(const struct extfuse_conn *xc, const struct fuse_file *ff);
bool extfuse_cached_midst(const struct extfuse_conn *xc, const struct fuse_file *ff, loff_t pos);

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

/* Call site: may what comes at @pos be read from the cache? */
static inline bool extfuse_list_cached(struct fuse_file *ff, loff_t pos)
{
	const struct extfuse_conn *xc;

	if (!(ff->open_flags & FOPEN_CACHE_DIR))
		return false;
	if (extfuse_cache_dir(ff))
		return true;
	xc = extfuse_conn_get(ff->fm->fc);
	if (xc && extfuse_cached_midst(xc, ff, pos))
		return true;
	/* Who leaves the cache does not come back in the midst of it. */
	ff->readdir.pos = 0;
	ff->readdir.cache_off = 0;
	return false;
}

/*
 * Call site, under rdc.lock, of a listing that is not whole: it begins with its first page.  An open
 * that keeps nothing drops that, and who lists goes on behind it, so that it would never be
 * whole: then it begins anew, as fuse has it where a page has gone of one that is.
 */
static inline void extfuse_listing_begin(struct inode *dir, loff_t pos)
{
	struct fuse_inode *fi = get_fuse_inode(dir);
	const void *page;

	if (pos || !fi->rdc.size)
		return;
	page = xa_load(&dir->i_mapping->i_pages, 0);
	if (page && !xa_is_value(page))
		return;
	fi->rdc.version++;
	fi->rdc.size = 0;
	fi->rdc.pos = 0;
}

#endif /* _EXTFUSE_CACHED_H */
