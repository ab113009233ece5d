/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inodes.  Their times have accessors since 6.7; the plain fields go with line 6.1 of
 * dkms/matrix.  What find_inode_nowait() asks about is hashed by a u64 in 7.2, and their
 * state is read by a function; the unsigned long, and the plain field, go with the lines
 * 6.1, 6.12+deb12 and 6.12+deb13.
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

static inline void extfuse_times_get(struct fuse_attr *attr, const struct inode *inode)
{
	attr->atime = inode_get_atime_sec(inode);
	attr->atimensec = inode_get_atime_nsec(inode);
	attr->mtime = inode_get_mtime_sec(inode);
	attr->mtimensec = inode_get_mtime_nsec(inode);
	attr->ctime = inode_get_ctime_sec(inode);
	attr->ctimensec = inode_get_ctime_nsec(inode);
}
#else
static inline bool extfuse_times_differ(const struct inode *inode, const struct fuse_attr *attr)
{
	return inode->i_mtime.tv_sec != attr->mtime || inode->i_mtime.tv_nsec != attr->mtimensec ||
	       inode->i_ctime.tv_sec != attr->ctime || inode->i_ctime.tv_nsec != attr->ctimensec;
}

static inline void extfuse_times_get(struct fuse_attr *attr, const struct inode *inode)
{
	attr->atime = inode->i_atime.tv_sec;
	attr->atimensec = inode->i_atime.tv_nsec;
	attr->mtime = inode->i_mtime.tv_sec;
	attr->mtimensec = inode->i_mtime.tv_nsec;
	attr->ctime = inode->i_ctime.tv_sec;
	attr->ctimensec = inode->i_ctime.tv_nsec;
}
#endif

/* fuse_init_inode() leaves the time of reading as the memory has it. */
static inline void extfuse_atime_take(struct inode *inode, const struct fuse_attr *attr)
{
#ifdef HAVE_INODE_TIME_GET
	inode_set_atime(inode, attr->atime, attr->atimensec);
#else
	inode->i_atime = (struct timespec64){ .tv_sec = attr->atime, .tv_nsec = attr->atimensec };
#endif
}

#ifdef HAVE_INODE_STATE_READ
static inline bool extfuse_inode_is_new(struct inode *inode)
{
	return inode_state_read_once(inode) & I_NEW;
}
#else
static inline bool extfuse_inode_is_new(struct inode *inode)
{
	return inode->i_state & I_NEW;
}
#endif

/* Operations by type; since 6.12 fuse wants to know the connection. */
static inline void extfuse_inode_init(struct inode *inode, struct fuse_attr *attr)
{
#ifdef HAVE_INIT_INODE_CONN
	fuse_init_inode(inode, attr, get_fuse_conn(inode));
#else
	fuse_init_inode(inode, attr);
#endif
}

#ifdef HAVE_FIND_INODE_U64
#define EXTFUSE_INODE_HASH	u64
#else
#define EXTFUSE_INODE_HASH	unsigned long
#endif

#endif /* _EXTFUSE_COMPAT_INODE_H */
