// SPDX-License-Identifier: GPL-2.0-only
/*
 * splice() and sendfile() to a file of the mount.
 *
 * The pipe is locked while its data are written, and the file below locks after
 * it: freeze protection of that file system, pipe, inode below.  The inode's own
 * lock is in neither place: as long as the pipe is empty nobody knows when it
 * would be given back, and a splice of the same pipe to another handle takes the
 * two in the other order.
 *
 * What the inode's lock is for holds without it.  Writes and truncates are told
 * apart by the lock of the file below.  Set-id bits and capabilities go below,
 * with each write.  The size grows under the lock,
 * and no further than that of the file below, see below_wrote().
 */
#include "fuse_i.h"
#include "inode.h"
#include <linux/fsnotify.h>
#include <linux/splice.h>

static int privs_remove(struct file *out)
{
	struct fuse_file *ff = out->private_data;
	struct inode *inode = file_inode(out);
	int err;

	inode_lock(inode);
	extfuse_nosec_begin(inode, ff);
	err = file_remove_privs(out);
	extfuse_nosec_end(inode, ff);
	inode_unlock(inode);
	return err;
}

/* Of a truncate through the mount that came after the write the size below knows. */
static void below_wrote(struct inode *inode, const struct file *below, loff_t pos, ssize_t written)
{
	inode_lock(inode);
	extfuse_backing_wrote(inode, min(pos, i_size_read(file_inode(below))), written);
	inode_unlock(inode);
}

/* extfuse_splice_below - call site: a pipe's data go to a handle on a backing file */
ssize_t extfuse_splice_below(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			     size_t len, unsigned int flags)
{
	struct fuse_file *ff = out->private_data;
	struct file *below = fuse_file_passthrough(ff);
	const struct cred *old;
	ssize_t ret;

	if (!below->f_op->splice_write)
		return -EINVAL;
	/* With O_APPEND nobody comes here. */
	if (extfuse_must_append(ff))
		return -EPERM;
	ret = privs_remove(out);
	if (ret)
		return ret;
	old = override_creds(extfuse_io_cred(ff));
	file_start_write(below);
	/* Its own way: what is stacked there has an order of locks as well. */
	ret = below->f_op->splice_write(pipe, below, ppos, len, flags);
	file_end_write(below);
	revert_creds(old);
	below_wrote(file_inode(out), below, *ppos, ret);
	/* Until 6.4 the writer tells fsnotify, since then splice() does. */
	if (ret > 0)
		fsnotify_modify(out);
	return ret;
}
