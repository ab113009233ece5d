// SPDX-License-Identifier: GPL-2.0-only
/*
 * splice() and sendfile() to a file of the mount.
 *
 * On a backing file the order of locks is that of the file system below: its
 * freeze protection, the pipe, the inode there.  The inode of ours is in no place
 * of it: as long as the pipe is empty nobody knows when it would be given back.
 *
 * Under the inode's lock that freeze protection is taken, by writes, chmod() and
 * others.  So on a mount with something below the pipe is not locked while the
 * daemon's handles are written, for there the inode's lock is taken inside of
 * it; nor does a task then have the pipe that waits for a daemon, which may wait
 * for a freeze, which waits for who splices the same pipe to a file below.
 *
 * What the inode's lock is for holds without it.  Writes and truncates are told
 * apart by the lock of the file below.  Set-id bits and capabilities go twice,
 * here under the lock and below with each write.  The size grows under the lock,
 * and no further than that of the file below, see below_wrote().
 */
#include "fuse_i.h"
#include <linux/fsnotify.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>
#include <linux/uio.h>

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
	/* Until 6.4 who writes tells, since then splice() does. */
	if (ret > 0)
		fsnotify_modify(out);
	return ret;
}

/* As much is asked of the daemon at once: a pipe can be larger. */
#define LOAD_MAX	256

/*
 * What was taken out of a pipe for the daemon.  In its places are buffers of no
 * bytes, which name it: there it goes back if the daemon does not take it.
 */
struct load {
	unsigned int n, room;
	struct pipe_buffer *bufs;
	struct bio_vec *vecs;
};

static struct pipe_buffer *slot(struct pipe_inode_info *pipe, unsigned int i)
{
	return &pipe->bufs[i & (pipe->ring_size - 1)];
}

static bool buf_is_taken(const struct pipe_buffer *buf)
{
	return !buf->len && buf->page == ZERO_PAGE(0) && buf->private;
}

/* All of it is the kernel's own: it may be moved to another pipe, and stay there. */
static void buf_take(struct pipe_buffer *buf, struct pipe_buffer *mine)
{
	*mine = *buf;
	get_page(ZERO_PAGE(0));
	*buf = (struct pipe_buffer){
		.page = ZERO_PAGE(0),
		.ops = &nosteal_pipe_buf_ops,
		.private = (unsigned long)mine,
	};
}

/* The buffer of this load that has its place at @buf, or NULL. */
static struct pipe_buffer *buf_of(const struct load *load, const struct pipe_buffer *buf)
{
	unsigned long at = buf->private, first = (unsigned long)load->bufs;

	if (!buf_is_taken(buf) || at < first || at >= first + load->n * sizeof(*buf))
		return NULL;
	return (struct pipe_buffer *)at;
}

/* Before all others; false: there is no room. */
static bool buf_push(struct pipe_inode_info *pipe, struct pipe_buffer *mine)
{
	if (pipe_full(pipe->head, pipe->tail, pipe->max_usage))
		return false;
	pipe->tail--;
	*slot(pipe, pipe->tail) = *mine;
	mine->ops = NULL;
	return true;
}

/* Is there something in the pipe?  @taken: there is what somebody has taken, and may put back. */
static bool data_is_there(struct pipe_inode_info *pipe, bool *taken)
{
	unsigned int i;

	for (i = pipe->tail; !pipe_empty(pipe->head, i); i++) {
		struct pipe_buffer *buf = slot(pipe, i);

		if (buf->len)
			return true;
		if (buf_is_taken(buf)) {
			*taken = true;
		} else if (i == pipe->tail) {
			pipe_buf_release(pipe, buf);
			pipe->tail++;
		}
	}
	return false;
}

/*
 * 1: there is something; 0: nothing will come, or @some are enough; or an error.
 * Gives the pipe's lock up while it waits.  Where something is taken a writer
 * wakes nobody.
 */
static int data_wait(struct pipe_inode_info *pipe, unsigned int flags, bool some)
{
	for (;;) {
		unsigned int head, tail;
		bool taken = false;
		long left;

		if (signal_pending(current))
			return -ERESTARTSYS;
		if (data_is_there(pipe, &taken))
			return 1;
		if (some || (!pipe->writers && !taken))
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		head = pipe->head;
		tail = pipe->tail;
		pipe_unlock(pipe);
		left = wait_event_interruptible_timeout(pipe->rd_wait,
			READ_ONCE(pipe->head) != head || READ_ONCE(pipe->tail) != tail ||
			(!taken && !READ_ONCE(pipe->writers)),
			taken ? HZ / 10 : MAX_SCHEDULE_TIMEOUT);
		pipe_lock(pipe);
		if (left < 0)
			return left;
	}
}

/* Returns how many bytes were taken, at the most @len; 0 where a page was cut off, as splice() does. */
static ssize_t load_take(struct load *load, struct pipe_inode_info *pipe, size_t len)
{
	size_t left = len;
	unsigned int i;
	int err = 0;

	load->n = 0;
	for (i = pipe->tail; !pipe_empty(pipe->head, i) && left && load->n < load->room; i++) {
		struct pipe_buffer *buf = slot(pipe, i);
		struct bio_vec *vec = &load->vecs[load->n];

		if (!buf->len)
			continue;
		err = pipe_buf_confirm(pipe, buf);
		if (err)
			break;
		vec->bv_page = buf->page;
		vec->bv_offset = buf->offset;
		vec->bv_len = min_t(size_t, left, buf->len);
		left -= vec->bv_len;
		buf_take(buf, &load->bufs[load->n++]);
	}
	if (left == len && err != -ENODATA)
		return err;
	return len - left;
}

static ssize_t load_write(const struct load *load, struct file *out, loff_t *ppos, size_t len)
{
	struct iov_iter from;
	struct kiocb iocb;
	ssize_t ret;

	iov_iter_bvec(&from, ITER_SOURCE, load->vecs, load->n, len);
	init_sync_kiocb(&iocb, out);
	iocb.ki_pos = *ppos;
	ret = out->f_op->write_iter(&iocb, &from);
	*ppos = iocb.ki_pos;
	return ret;
}

static void load_consume(struct load *load, size_t written)
{
	unsigned int i;

	for (i = 0; i < load->n && written; i++) {
		u32 part = min_t(size_t, written, load->vecs[i].bv_len);

		load->bufs[i].offset += part;
		load->bufs[i].len -= part;
		written -= part;
	}
}

/*
 * What was not written goes back to its place.  If another reader came by there
 * and removed that, it goes before all others; what finds no room there either
 * is lost, as what a reader reads that then fails.
 */
static void load_settle(struct load *load, struct pipe_inode_info *pipe, size_t written)
{
	struct pipe_buffer *mine;
	bool taken = false;
	unsigned int i;

	load_consume(load, written);
	pipe_lock(pipe);
	for (i = pipe->tail; !pipe_empty(pipe->head, i); i++) {
		struct pipe_buffer *buf = slot(pipe, i);

		mine = buf_of(load, buf);
		if (!mine)
			continue;
		buf->private = 0;
		if (!mine->ops || !mine->len)
			continue;
		pipe_buf_release(pipe, buf);
		*buf = *mine;
		mine->ops = NULL;
	}
	for (i = load->n; i-- > 0;) {
		mine = &load->bufs[i];
		if (mine->ops && !(mine->len && buf_push(pipe, mine)))
			pipe_buf_release(pipe, mine);
	}
	data_is_there(pipe, &taken);
	pipe_unlock(pipe);
	wake_up_interruptible(&pipe->rd_wait);
	wake_up_interruptible(&pipe->wr_wait);
	kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
}

static ssize_t loads_write(struct load *load, struct pipe_inode_info *pipe, struct file *out,
			   loff_t *ppos, size_t len, unsigned int flags)
{
	ssize_t done = 0, ret;

	do {
		pipe_lock(pipe);
		ret = data_wait(pipe, flags, done);
		if (ret > 0)
			ret = load_take(load, pipe, len - done);
		pipe_unlock(pipe);
		if (ret <= 0)
			break;
		ret = load_write(load, out, ppos, ret);
		load_settle(load, pipe, max_t(ssize_t, ret, 0));
		if (ret <= 0)
			break;
		done += ret;
	} while (done < len);
	return done ?: ret;
}

static ssize_t splice_unlocked(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			       size_t len, unsigned int flags)
{
	struct load load = { .room = min_t(unsigned int, READ_ONCE(pipe->max_usage), LOAD_MAX) };
	ssize_t ret = -ENOMEM;

	load.bufs = kvmalloc_array(load.room, sizeof(*load.bufs), GFP_KERNEL);
	load.vecs = kvmalloc_array(load.room, sizeof(*load.vecs), GFP_KERNEL);
	if (load.bufs && load.vecs)
		ret = loads_write(&load, pipe, out, ppos, len, flags);
	kvfree(load.vecs);
	kvfree(load.bufs);
	if (ret > 0)
		fsnotify_modify(out);
	return ret;
}

/* extfuse_splice_daemon - call site: a pipe's data go to a handle of the daemon's */
ssize_t extfuse_splice_daemon(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			      size_t len, unsigned int flags)
{
	if (file_inode(out)->i_sb->s_stack_depth)
		return splice_unlocked(pipe, out, ppos, len, flags);
	return iter_file_splice_write(pipe, out, ppos, len, flags);
}
