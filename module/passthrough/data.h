/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What data.c and async.c share.
 */
#ifndef _EXTFUSE_PASSTHROUGH_DATA_H
#define _EXTFUSE_PASSTHROUGH_DATA_H

#include <linux/magic.h>

/* The same request on the backing file @below; what belongs to the caller's request stays there. */
static inline void extfuse_iocb_clone(struct kiocb *to, struct kiocb *from, struct file *below)
{
	kiocb_clone(to, from, below);
	to->ki_flags &= ~(IOCB_WAITQ | IOCB_ALLOC_CACHE);
}

/* Of a write: to the file below the mount (-o sync) says nothing. */
static inline void extfuse_iocb_sync(struct kiocb *to, const struct kiocb *from)
{
	if (iocb_is_dsync(from))
		to->ki_flags |= IOCB_DSYNC;
}

/*
 * Until 6.5 overlayfs loses a file with each asynchronous request on one that
 * was copied up after it was opened (mainline 8542f1712074).  Such a request is
 * done at once there; this can go with the last kernel that lacks the fix.
 */
static inline bool extfuse_aio_leaks(const struct file *below)
{
	return file_inode(below)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC;
}

/* As vfs_iocb_iter_read() and _write() on @file, with its credentials put on; -EIOCBQUEUED: @iocb is told. */
ssize_t extfuse_aio_read(struct kiocb *iocb, struct iov_iter *iter, struct file *file);
ssize_t extfuse_aio_write(struct kiocb *iocb, struct iov_iter *iter, struct file *file);

#endif /* _EXTFUSE_PASSTHROUGH_DATA_H */
