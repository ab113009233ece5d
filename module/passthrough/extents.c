// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the data of a file lies below, and data that two files share there (FIEMAP,
 * FICLONE, FICLONERANGE, FIDEDUPERANGE).  FUSE has no requests for these.
 */
#include "fuse_i.h"
#include "passthrough/extents.h"
#include "passthrough/pass.h"
#include "tree/tree.h"
#include "compat/statx.h"
#include <linux/fiemap.h>
#include <linux/pagemap.h>

/* Call site: of a file of a tree, as below; it changes nothing. */
int extfuse_fiemap(struct inode *inode, struct fiemap_extent_info *info, u64 start, u64 len)
{
	struct inode *low = extfuse_low(inode) ? extfuse_low_inode(inode) : NULL;
	const struct cred *old;
	int err;

	if (!low || !low->i_op->fiemap)
		return -EOPNOTSUPP;
	/* What was stored through the daemon's handles is here still. */
	err = info->fi_flags & FIEMAP_FLAG_SYNC ? filemap_write_and_wait(inode->i_mapping) : 0;
	if (err)
		return err;
	old = override_creds(extfuse_tree_of(inode)->cred);
	err = low->i_op->fiemap(low, info, start, len);
	revert_creds(old);
	return err;
}

/* What a program would say to a copy is not known of this; without it the caller copies. */
static bool copy_is_asked(const struct extfuse_conn *xc)
{
	const u64 ops = BIT_ULL(FUSE_COPY_FILE_RANGE) | BIT_ULL(FUSE_COPY_FILE_RANGE_64);

	return extfuse_set_ops(xc) & ~extfuse_set_plain_ops(xc) & ops;
}

static loff_t share_below(struct fuse_file *in, loff_t pos_in, struct fuse_file *out, loff_t pos_out,
			  loff_t len, unsigned int flags)
{
	const struct cred *old = override_creds(extfuse_io_cred(out));
	struct file *from = fuse_file_passthrough(in), *to = fuse_file_passthrough(out);
	loff_t ret;

	if (flags & REMAP_FILE_DEDUP)
		ret = vfs_dedupe_file_range_one(from, pos_in, to, pos_out, len, flags);
	else
		ret = vfs_clone_file_range(from, pos_in, to, pos_out, len, flags);
	revert_creds(old);
	return ret;
}

/* As a write: at the end only, where the file below has become append-only, and told to who caches. */
static loff_t clone_below(struct fuse_file *in, loff_t pos_in, struct fuse_file *out, loff_t pos_out,
			  loff_t len, unsigned int flags, struct inode *inode)
{
	loff_t ret;

	if (extfuse_must_append(out))
		return -EBADF;
	ret = share_below(in, pos_in, out, pos_out, len, flags);
	if (ret > 0) {
		extfuse_backing_wrote(inode, pos_out + ret, ret);
		extfuse_size_take(inode, file_inode(fuse_file_passthrough(out)));
	}
	return ret;
}

/* Call site: both handles are on files below, which share the data there; those of the daemon's are copied. */
loff_t extfuse_remap_file_range(struct file *file_in, loff_t pos_in, struct file *file_out, loff_t pos_out,
				loff_t len, unsigned int flags)
{
	struct fuse_file *in = file_in->private_data, *out = file_out->private_data;
	struct inode *inode = file_inode(file_out);
	loff_t ret;

	if (!in->ext.is_ours || !out->ext.is_ours || copy_is_asked(extfuse_conn_get(out->fm->fc)))
		return -EOPNOTSUPP;
	inode_lock(inode);
	if (flags & REMAP_FILE_DEDUP)
		ret = share_below(in, pos_in, out, pos_out, len, flags);
	else
		ret = clone_below(in, pos_in, out, pos_out, len, flags, inode);
	inode_unlock(inode);
	return ret;
}
