// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles on a backing file where fuse itself knows such (since 6.9), see
 * handle.h.  What fuse demands of the daemon, one backing object for all
 * handles of an inode, is a token here, without a file: each handle has its own.
 */
#include "fuse_i.h"

#ifdef HAVE_IOMODE

#ifdef CONFIG_FUSE_PASSTHROUGH

#include "compat/backing.h"
#include <linux/file.h>

static bool is_token(const struct fuse_backing *fb)
{
	return !fb->file;
}

static struct fuse_backing *token_make(const struct cred *cred)
{
	struct fuse_backing *fb = kzalloc(sizeof(*fb), GFP_KERNEL_ACCOUNT);

	if (!fb)
		return ERR_PTR(-ENOMEM);
	/* 6.12 calls it its own. */
	fb->cred = (struct cred *)get_cred(cred);
	refcount_set(&fb->count, 1);
	return fb;
}

/* What the inode has, or a new one; -EBUSY: the daemon gave it one itself. */
static struct fuse_backing *token_get(struct fuse_inode *fi, const struct cred *cred)
{
	struct fuse_backing *fb;

	rcu_read_lock();
	fb = fuse_backing_get(fuse_inode_backing(fi));
	rcu_read_unlock();
	if (!fb)
		return token_make(cred);
	if (is_token(fb))
		return fb;
	fuse_backing_put(fb);
	return ERR_PTR(-EBUSY);
}

int extfuse_io_start(struct inode *inode, struct fuse_file *ff, const struct cred *cred)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	struct fuse_backing *fb;
	int err;

	do {
		fb = token_get(fi, cred);
		if (IS_ERR(fb))
			return PTR_ERR(fb);
		err = fuse_inode_uncached_io_start(fi, fb);
		if (err)
			fuse_backing_put(fb);
		/* Somebody was quicker with another token. */
	} while (err == -EBUSY);
	if (err)
		return -EBUSY;
	ff->iomode = IOM_UNCACHED;
	return 0;
}

void extfuse_io_end(struct inode *inode, struct fuse_file *ff)
{
	fuse_file_io_release(ff, inode);
}

void extfuse_handle_set(struct fuse_file *ff, struct file *file, const struct cred *cred)
{
	ff->passthrough = file;
	ff->cred = cred;
}

struct file *extfuse_handle_open(const struct file *user, int flags, const struct path *path,
				 const struct cred *cred)
{
	return backing_file_open(user, flags, path, cred);
}

struct file *extfuse_handle_tmpfile(const struct file *user, int flags, const struct path *dir,
				    umode_t mode, const struct cred *cred)
{
	return backing_tmpfile_open(user, flags, dir, mode, cred);
}

/* The daemon's own FUSE_PASSTHROUGH: fuse says what goes with that. */
static bool is_daemons(struct fuse_inode *fi)
{
	const struct fuse_backing *fb;
	bool ret;

	rcu_read_lock();
	fb = fuse_inode_backing(fi);
	ret = fb && !is_token(fb);
	rcu_read_unlock();
	return ret;
}

/*
 * Call site: a file of the daemon's is opened while the inode has handles on a
 * backing file.  False: those are the daemon's as well.
 */
bool extfuse_open_direct(struct fuse_inode *fi, struct fuse_file *ff)
{
	if (is_daemons(fi))
		return false;
	ff->open_flags |= FOPEN_DIRECT_IO;
	ff->open_flags &= ~FOPEN_KEEP_CACHE;
	return true;
}

#else /* !CONFIG_FUSE_PASSTHROUGH */

int extfuse_io_start(struct inode *inode, struct fuse_file *ff, const struct cred *cred)
{
	return -EBUSY;
}

void extfuse_io_end(struct inode *inode, struct fuse_file *ff)
{
}

void extfuse_handle_set(struct fuse_file *ff, struct file *file, const struct cred *cred)
{
}

struct file *extfuse_handle_open(const struct file *user, int flags, const struct path *path,
				 const struct cred *cred)
{
	return ERR_PTR(-EOPNOTSUPP);
}

struct file *extfuse_handle_tmpfile(const struct file *user, int flags, const struct path *dir,
				    umode_t mode, const struct cred *cred)
{
	return ERR_PTR(-EOPNOTSUPP);
}

bool extfuse_open_direct(struct fuse_inode *fi, struct fuse_file *ff)
{
	return false;
}

#endif /* CONFIG_FUSE_PASSTHROUGH */

/* Call site: the same where such a handle came in between. */
int extfuse_cached_io_open(struct inode *inode, struct fuse_file *ff)
{
	int err;

	/* A mapping outlives its handle. */
	if (extfuse_is_mapped_by_own(inode) && extfuse_open_direct(get_fuse_inode(inode), ff))
		return 0;
	err = fuse_file_cached_io_open(inode, ff);
	if (err == -ETXTBSY && extfuse_open_direct(get_fuse_inode(inode), ff))
		return 0;
	return err;
}

#endif /* HAVE_IOMODE */
