/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes as the protocol has them: are they those of the inode, are they the
 * same as others, and for how long may they be kept.  See attr.c.
 */
#ifndef _EXTFUSE_ATTR_H
#define _EXTFUSE_ATTR_H

/*
 * Ids of a mount and of the kernel; nearly all mounts are of the initial user
 * namespace, where both are the same.
 */
static inline bool extfuse_owner_same(const struct fuse_conn *fc, const struct fuse_attr *attr,
				      const struct inode *inode)
{
	if (likely(fc->user_ns == &init_user_ns))
		return attr->uid == __kuid_val(inode->i_uid) &&
		       attr->gid == __kgid_val(inode->i_gid);
	return uid_eq(make_kuid(fc->user_ns, attr->uid), inode->i_uid) &&
	       gid_eq(make_kgid(fc->user_ns, attr->gid), inode->i_gid);
}

/*
 * Is this what the inode has?  Inline where a call more is felt.  Under the
 * writeback cache size and times of regular files are the kernel's: neither
 * compared nor (by fuse_change_attributes()) taken.
 */
static __always_inline bool extfuse_attr_same(struct inode *inode, const struct fuse_attr *attr)
{
	const struct fuse_conn *fc = get_fuse_conn(inode);
	const struct fuse_inode *fi = get_fuse_inode(inode);

	/* fuse makes a node bad for that size, under the writeback cache too. */
	if (attr->size > LLONG_MAX)
		return false;
	if (attr->ino != fi->orig_ino || attr->mode != fi->orig_i_mode ||
	    attr->nlink != inode->i_nlink || attr->flags)
		return false;
	if (!extfuse_owner_same(fc, attr, inode))
		return false;
	if ((S_ISCHR(attr->mode) || S_ISBLK(attr->mode)) &&
	    attr->rdev != new_encode_dev(inode->i_rdev))
		return false;
	if (fc->writeback_cache && S_ISREG(inode->i_mode))
		return true;
	return attr->size == i_size_read(inode);
}

/* A lifetime in ns; U64_MAX where it has no place there. */
static inline u64 extfuse_valid_ns(u64 sec, u32 nsec)
{
	if (sec > U64_MAX / NSEC_PER_SEC - 1)
		return U64_MAX;
	return sec * NSEC_PER_SEC + min_t(u32, nsec, NSEC_PER_SEC - 1);
}

/* Lifetimes are cut down to @max, @max_attr and @max_entry: in ns. */
/* All but the node's number. */
static __always_inline void extfuse_attr_of_stat(const struct fuse_conn *fc, struct fuse_attr *attr,
						 const struct kstat *stat)
{
	struct user_namespace *ns = fc->user_ns;

	memset(attr, 0, sizeof(*attr));
	attr->size = stat->size;
	attr->blocks = stat->blocks;
	attr->atime = stat->atime.tv_sec;
	attr->mtime = stat->mtime.tv_sec;
	attr->ctime = stat->ctime.tv_sec;
	attr->atimensec = stat->atime.tv_nsec;
	attr->mtimensec = stat->mtime.tv_nsec;
	attr->ctimensec = stat->ctime.tv_nsec;
	attr->mode = stat->mode;
	attr->nlink = stat->nlink;
	attr->uid = likely(ns == &init_user_ns) ? __kuid_val(stat->uid) :
						  from_kuid_munged(ns, stat->uid);
	attr->gid = likely(ns == &init_user_ns) ? __kgid_val(stat->gid) :
						  from_kgid_munged(ns, stat->gid);
	attr->rdev = new_encode_dev(stat->rdev);
	attr->blksize = stat->blksize;
}

void extfuse_attr_cap(struct fuse_attr_out *out, u64 max);
void extfuse_entry_cap(struct fuse_entry_out *out, u64 max_attr, u64 max_entry);
/* What else of the node does a reply make doubtful, that contradicts what the inode says? */
u8 extfuse_attr_doubts(struct inode *inode, const struct fuse_attr *attr);
bool extfuse_attr_equal(const struct fuse_attr *a, const struct fuse_attr *b);
bool extfuse_entry_equal(const struct fuse_entry_out *a, const struct fuse_entry_out *b);

#endif /* _EXTFUSE_ATTR_H */
