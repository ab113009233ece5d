// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inode's lock around a write to a backing file.
 *
 * The file below has a lock of its own, and its file system says there who writes side
 * by side.  This one keeps a write and a change of the size apart.  So direct writes
 * inside the size share it, as they do on ext4 and xfs; what appends, makes the file
 * longer or goes through the page cache has it alone.
 */
#include "fuse_i.h"
#include "passthrough/handle.h"

/* Set-id bits and quota are the matter of the file below, and of its lock. */
static bool shares(const struct inode *inode, const struct kiocb *iocb, size_t count)
{
	return iocb->ki_flags & IOCB_DIRECT && !(iocb->ki_flags & IOCB_APPEND) &&
	       count <= i_size_read(inode) && iocb->ki_pos <= i_size_read(inode) - count;
}

static bool lock_shared(struct inode *inode, bool waits)
{
	if (!waits)
		return inode_trylock_shared(inode);
	inode_lock_shared(inode);
	return true;
}

static bool lock_alone(struct inode *inode, bool waits)
{
	if (!waits)
		return inode_trylock(inode);
	inode_lock(inode);
	return true;
}

/* Several at once: the first says that nothing is asked of the inode, the last takes it back. */
static void nosec_share(struct inode *inode, int n)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	spin_lock(&fi->lock);
	fi->ext.nosec += n;
	if (fi->ext.nosec)
		inode->i_flags |= S_NOSEC;
	else
		inode->i_flags &= ~S_NOSEC;
	spin_unlock(&fi->lock);
}

/*
 * extfuse_write_begin - call site: a write to a backing file begins
 *
 * -EAGAIN: it may not wait for the lock.  Else for extfuse_write_end().
 */
int extfuse_write_begin(const struct kiocb *iocb, struct inode *inode, struct fuse_file *ff, size_t count)
{
	bool waits = !(iocb->ki_flags & IOCB_NOWAIT);

	if (ff->ext.is_ours && shares(inode, iocb, count)) {
		if (!lock_shared(inode, waits))
			return -EAGAIN;
		/* It may have become shorter. */
		if (likely(shares(inode, iocb, count))) {
			nosec_share(inode, 1);
			return EXTFUSE_WRITE_SHARED;
		}
		inode_unlock_shared(inode);
	}
	if (!lock_alone(inode, waits))
		return -EAGAIN;
	extfuse_nosec_begin(inode, ff);
	return EXTFUSE_WRITE_ALONE;
}

/* extfuse_write_end - call site: it was done, or is under way; @how: what extfuse_write_begin() said */
void extfuse_write_end(struct inode *inode, struct fuse_file *ff, int how)
{
	if (how == EXTFUSE_WRITE_SHARED) {
		nosec_share(inode, -1);
		inode_unlock_shared(inode);
		return;
	}
	extfuse_nosec_end(inode, ff);
	inode_unlock(inode);
}
