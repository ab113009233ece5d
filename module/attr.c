// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a request's answer or reply, compared with those of an inode and
 * with each other, and their lifetimes.  Nothing here changes an inode.
 */
#include "fuse_i.h"
#include "attr.h"
#include "compat/inode.h"

static void valid_cap(u64 *sec, u32 *nsec, u64 max)
{
	if (!*sec && !*nsec)
		return;
	if (extfuse_valid_ns(*sec, *nsec) <= max)
		return;
	*sec = div_u64_rem(max, NSEC_PER_SEC, nsec);
}

void extfuse_attr_cap(struct fuse_attr_out *out, u64 max)
{
	valid_cap(&out->attr_valid, &out->attr_valid_nsec, max);
}

void extfuse_entry_cap(struct fuse_entry_out *out, u64 max_attr, u64 max_entry)
{
	valid_cap(&out->attr_valid, &out->attr_valid_nsec, max_attr);
	valid_cap(&out->entry_valid, &out->entry_valid_nsec, max_entry);
}

/* atime and what follows it may lag, lifetimes are not the file's. */
bool extfuse_attr_equal(const struct fuse_attr *a, const struct fuse_attr *b)
{
	return a->ino == b->ino && a->size == b->size && a->mode == b->mode &&
	       a->nlink == b->nlink && a->uid == b->uid && a->gid == b->gid &&
	       a->rdev == b->rdev && a->mtime == b->mtime && a->mtimensec == b->mtimensec &&
	       a->ctime == b->ctime && a->ctimensec == b->ctimensec;
}

bool extfuse_entry_equal(const struct fuse_entry_out *a, const struct fuse_entry_out *b)
{
	return a->nodeid == b->nodeid && a->generation == b->generation &&
	       extfuse_attr_equal(&a->attr, &b->attr);
}

/*
 * What of a node beside its attributes a reply makes doubtful, as bits of kinds: nothing
 * where it says what the inode says.  Times are compared as fuse stores them.
 *
 * A change of extended attributes shows in ctime.  Where requests of our own have made that
 * doubtful, a new one is no news: those that change extended attributes have moved them.
 */
u8 extfuse_attr_doubts(struct inode *inode, const struct fuse_attr *attr)
{
	const struct fuse_conn *fc = get_fuse_conn(inode);
	const struct fuse_inode *fi = get_fuse_inode(inode);

	if (attr->mode != fi->orig_i_mode || attr->nlink != inode->i_nlink ||
	    !extfuse_owner_same(fc, attr, inode))
		return BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR);
	if (fc->writeback_cache && S_ISREG(inode->i_mode))
		return 0;
	if (attr->size == i_size_read(inode) && !extfuse_times_differ(inode, attr))
		return 0;
	if (READ_ONCE(fi->inval_mask) & STATX_CTIME)
		return BIT(EXTFUSE_KIND_DATA);
	return BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR);
}
