/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times of an inode: plain fields until 6.6, accessors since.
 */
#ifndef _EXTFUSE_COMPAT_INODE_H
#define _EXTFUSE_COMPAT_INODE_H

#include <linux/fs.h>
#include <linux/fuse.h>

static inline bool extfuse_times_differ(const struct inode *inode, const struct fuse_attr *attr)
{
	return inode->i_mtime.tv_sec != attr->mtime || inode->i_mtime.tv_nsec != attr->mtimensec ||
	       inode->i_ctime.tv_sec != attr->ctime || inode->i_ctime.tv_nsec != attr->ctimensec;
}

#endif /* _EXTFUSE_COMPAT_INODE_H */
