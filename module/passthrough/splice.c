// SPDX-License-Identifier: GPL-2.0-only
/*
 * splice() and sendfile() to a file of a mount that may have something below.
 *
 * The order of locks: the inode's lock, freeze protection of the file system below,
 * the pipe's lock, the inode below.  A change that is passed through takes the second
 * under the first, and any splice() to a file below takes the third under the second.
 * So no splice here may wait for the inode's lock while it has the pipe's, as the
 * VFS's own iter_file_splice_write() does: with a freeze that waits these are a
 * circle of three, which no signal ends.
 *
 * Nor may it wait for the pipe's lock, or for data, while it has the inode's: a user
 * could then keep a file from all others for as long as the pipe is empty, or its
 * lock is taken by a splice to a daemon that does not answer.
 *
 * To a handle on a backing file (splice_below) the inode's lock is not held meanwhile.
 * What it is for holds without it: writes and truncates are told apart by the lock of
 * the file below, set-id bits and capabilities go below, with each write.  The size
 * grows under the lock, and no further than that of the file below, see below_wrote().
 *
 * To a handle of the daemon's (splice_up) the inode's lock is held, and the pipe's is
 * only tried.
 */
#include "fuse_i.h"
#include "inode.h"
#include <linux/bvec.h>
#include <linux/fsnotify.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/wait.h>

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

/* Where the mount says so; what the handle says, the file below was opened with. */
static ssize_t sync_below(const struct file *out, struct file *below, loff_t end, ssize_t written)
{
	int err;

	if (written <= 0 || !IS_SYNC(file_inode(out)))
		return written;
	err = vfs_fsync_range(below, end - written, end - 1, 1);
	return err ?: written;
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
	return sync_below(out, below, *ppos, ret);
}

/* Writes one buffer of the pipe, with both locks held. */
static int buffer_write(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
			struct splice_desc *sd)
{
	struct bio_vec bvec = {
		.bv_page = buf->page,
		.bv_len = sd->len,
		.bv_offset = buf->offset,
	};
	struct file *out = sd->u.file;
	struct iov_iter from;
	struct kiocb iocb;

	init_sync_kiocb(&iocb, out);
	iocb.ki_pos = sd->pos;
	iov_iter_bvec(&from, WRITE, &bvec, 1, sd->len);
	return out->f_op->write_iter(&iocb, &from);
}

/* False: the pipe's lock was taken, or another reader of the pipe was quicker, and nothing has happened. */
static bool splice_locked(struct pipe_inode_info *pipe, struct splice_desc *sd, ssize_t *ret)
{
	struct inode *inode = file_inode(sd->u.file);
	struct fuse_inode *fi = get_fuse_inode(inode);
	bool done;

	inode_lock(inode);
	/* The kernel's own pipes have no files, and are not locked. */
	if (pipe->files && !mutex_trylock(&pipe->mutex)) {
		inode_unlock(inode);
		pipe_lock(pipe);
		pipe_unlock(pipe);
		return false;
	}
	WRITE_ONCE(fi->ext_locker, current);
	*ret = __splice_from_pipe(pipe, sd, buffer_write);
	WRITE_ONCE(fi->ext_locker, NULL);
	/* A daemon's -EAGAIN leaves in the pipe what it was asked to write. */
	done = *ret != -EAGAIN || !pipe_empty(pipe->head, pipe->tail);
	pipe_unlock(pipe);
	inode_unlock(inode);
	return done;
}

static bool pipe_is_ready(struct pipe_inode_info *pipe)
{
	return !pipe_empty(READ_ONCE(pipe->head), READ_ONCE(pipe->tail)) || !READ_ONCE(pipe->writers);
}

/* There is data, or the last writer has gone; with no lock held. */
static int pipe_wait(struct pipe_inode_info *pipe, unsigned int flags)
{
	/* A pipe that is ready may be taken by others each time. */
	if (signal_pending(current))
		return -ERESTARTSYS;
	if (pipe_is_ready(pipe))
		return 0;
	if (flags & SPLICE_F_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(pipe->rd_wait, pipe_is_ready(pipe));
}

/* extfuse_splice_up - call site: a pipe's data go to a handle of the daemon's */
ssize_t extfuse_splice_up(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			  size_t len, unsigned int flags)
{
	struct splice_desc sd;
	struct kiocb iocb;
	ssize_t ret;

	if (!file_inode(out)->i_sb->s_stack_depth)
		return iter_file_splice_write(pipe, out, ppos, len, flags);
	do {
		ret = pipe_wait(pipe, flags);
		if (ret)
			return ret;
		sd = (struct splice_desc){
			.total_len = len,
			.flags = flags | SPLICE_F_NONBLOCK,
			.pos = *ppos,
			.u.file = out,
		};
	} while (!splice_locked(pipe, &sd, &ret));
	if (ret <= 0)
		return ret;
	*ppos += ret;
	init_sync_kiocb(&iocb, out);
	iocb.ki_pos = *ppos;
	fsnotify_modify(out);
	return generic_write_sync(&iocb, ret);
}

/* extfuse_generic_write - call site: as generic_file_write_iter(), where a splice may have the inode's lock */
ssize_t extfuse_generic_write(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t ret;

	if (!extfuse_write_is_locked(file_inode(iocb->ki_filp)))
		return generic_file_write_iter(iocb, from);
	ret = generic_write_checks(iocb, from);
	return ret > 0 ? __generic_file_write_iter(iocb, from) : ret;
}
