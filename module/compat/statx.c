// SPDX-License-Identifier: GPL-2.0-only
/*
 * STATX in the words of GETATTR, see statx.h; where the kernel has no STATX
 * nobody calls these.
 */
#include "fuse_i.h"
#include "compat/statx.h"

#if FUSE_KERNEL_MINOR_VERSION < 39

bool extfuse_statx_read(const void *out, struct fuse_attr_out *attr)
{
	return false;
}

bool extfuse_statx_btime_equal(const void *a, const void *b)
{
	return false;
}

void extfuse_statx_set_valid(struct fuse_args *args, const struct fuse_attr_out *attr)
{
}

void extfuse_statx_fill(struct fuse_args *args, const struct fuse_attr_out *attr,
			const struct kstat *stat)
{
}

bool extfuse_statx_btime_same(const struct fuse_args *args, struct inode *inode)
{
	return false;
}

#else

bool extfuse_statx_read(const void *data, struct fuse_attr_out *attr)
{
	const struct fuse_statx_out *out = data;
	const struct fuse_statx *sx = &out->stat;

	if ((sx->mask & STATX_BASIC_STATS) != STATX_BASIC_STATS)
		return false;
	*attr = (struct fuse_attr_out){
		.attr_valid = out->attr_valid,
		.attr_valid_nsec = out->attr_valid_nsec,
		.attr = {
			.ino = sx->ino,
			.size = sx->size,
			.blocks = sx->blocks,
			.atime = sx->atime.tv_sec,
			.atimensec = sx->atime.tv_nsec,
			.mtime = sx->mtime.tv_sec,
			.mtimensec = sx->mtime.tv_nsec,
			.ctime = sx->ctime.tv_sec,
			.ctimensec = sx->ctime.tv_nsec,
			.mode = sx->mode,
			.nlink = sx->nlink,
			.uid = sx->uid,
			.gid = sx->gid,
			.rdev = new_encode_dev(MKDEV(sx->rdev_major, sx->rdev_minor)),
			.blksize = sx->blksize,
		},
	};
	return true;
}

void extfuse_statx_set_valid(struct fuse_args *args, const struct fuse_attr_out *attr)
{
	struct fuse_statx_out *out = args->out_args[0].value;

	out->attr_valid = attr->attr_valid;
	out->attr_valid_nsec = attr->attr_valid_nsec;
}

static void time_fill(struct fuse_sx_time *time, u64 sec, u32 nsec)
{
	time->tv_sec = sec;
	time->tv_nsec = nsec;
}

void extfuse_statx_fill(struct fuse_args *args, const struct fuse_attr_out *from,
			const struct kstat *stat)
{
	struct fuse_statx_out *out = args->out_args[0].value;
	const struct fuse_attr *attr = &from->attr;
	struct fuse_statx *sx = &out->stat;

	memset(out, 0, sizeof(*out));
	extfuse_statx_set_valid(args, from);
	sx->mask = STATX_BASIC_STATS | (stat->result_mask & STATX_BTIME);
	sx->blksize = attr->blksize;
	sx->nlink = attr->nlink;
	sx->uid = attr->uid;
	sx->gid = attr->gid;
	sx->mode = attr->mode;
	sx->ino = attr->ino;
	sx->size = attr->size;
	sx->blocks = attr->blocks;
	sx->rdev_major = MAJOR(stat->rdev);
	sx->rdev_minor = MINOR(stat->rdev);
	time_fill(&sx->atime, attr->atime, attr->atimensec);
	time_fill(&sx->mtime, attr->mtime, attr->mtimensec);
	time_fill(&sx->ctime, attr->ctime, attr->ctimensec);
	if (sx->mask & STATX_BTIME)
		time_fill(&sx->btime, stat->btime.tv_sec, stat->btime.tv_nsec);
}

bool extfuse_statx_btime_equal(const void *a, const void *b)
{
	const struct fuse_statx *sa = &((const struct fuse_statx_out *)a)->stat;
	const struct fuse_statx *sb = &((const struct fuse_statx_out *)b)->stat;

	if ((sa->mask ^ sb->mask) & STATX_BTIME)
		return false;
	return !(sa->mask & STATX_BTIME) || (sa->btime.tv_sec == sb->btime.tv_sec &&
					     sa->btime.tv_nsec == sb->btime.tv_nsec);
}

/* Left out, later callers would not see it either. */
bool extfuse_statx_btime_same(const struct fuse_args *args, struct inode *inode)
{
	const struct fuse_statx *sx = &((struct fuse_statx_out *)args->out_args[0].value)->stat;
	const struct fuse_inode *fi = get_fuse_inode(inode);

	return sx->mask & STATX_BTIME && test_bit(FUSE_I_BTIME, &fi->state) &&
	       sx->btime.tv_sec == fi->i_btime.tv_sec && sx->btime.tv_nsec == fi->i_btime.tv_nsec;
}

#endif
