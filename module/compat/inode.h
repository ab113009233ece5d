/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inodes.  Their times have accessors since 6.7; the plain fields go with line 6.1 of
 * dkms/matrix.  What find_inode_nowait() asks about is hashed by a u64 in 7.2; the
 * unsigned long goes with the lines 6.1, 6.12+deb12 and 6.12+deb13.
 */
#ifndef _EXTFUSE_COMPAT_INODE_H
#define _EXTFUSE_COMPAT_INODE_H

#include <linux/fs.h>
#include <linux/fuse.h>

#ifdef HAVE_INODE_TIME_GET
static inline bool extfuse_times_differ(const struct inode *inode, const struct fuse_attr *attr)
{
	return inode_get_mtime_sec(inode) != attr->mtime ||
	       inode_get_mtime_nsec(inode) != attr->mtimensec ||
	       inode_get_ctime_sec(inode) != attr->ctime ||
	       inode_get_ctime_nsec(inode) != attr->ctimensec;
}
#else
static inline bool extfuse_times_differ(const struct inode *inode, const struct fuse_attr *attr)
{
	return inode->i_mtime.tv_sec != attr->mtime || inode->i_mtime.tv_nsec != attr->mtimensec ||
	       inode->i_ctime.tv_sec != attr->ctime || inode->i_ctime.tv_nsec != attr->ctimensec;
}
#endif

#ifdef HAVE_FIND_INODE_U64
#define EXTFUSE_INODE_HASH	u64
#else
#define EXTFUSE_INODE_HASH	unsigned long
#endif

#endif /* _EXTFUSE_COMPAT_INODE_H */
