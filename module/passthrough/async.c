// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous reads and writes of a backing file until 6.8, where fuse knows
 * no such thing: see handle.h.  They may complete after the caller has gone
 * on, as where the file is opened itself.
 */
#include "fuse_i.h"
#include "inode.h"
#include "passthrough/data.h"

#ifndef HAVE_IOMODE

#include <linux/file.h>
#include <linux/workqueue.h>

/* A loop device may be on the file, and reclaim may wait for it. */
static struct workqueue_struct *wrote_wq;

/* What is asked below, for what was asked here. */
struct aio {
	struct kiocb below;
	struct kiocb *iocb;
	struct work_struct work;
	ssize_t ret;
	refcount_t refs;		/* the submitter's, and the completion's */
};

static void aio_put(struct aio *aio)
{
	if (!refcount_dec_and_test(&aio->refs))
		return;
	fput(aio->below.ki_filp);
	kfree(aio);
}

static void aio_read_over(struct aio *aio)
{
	aio->iocb->ki_pos = aio->below.ki_pos;
	fuse_invalidate_atime(file_inode(aio->iocb->ki_filp));
}

/* Sleeps not, but takes locks that know no interrupts. */
static void aio_write_over(struct aio *aio)
{
	struct file *file = aio->below.ki_filp;

	/* To lockdep freeze protection is this task's from here. */
	__sb_writers_acquired(file_inode(file)->i_sb, SB_FREEZE_WRITE);
	file_end_write(file);
	aio->iocb->ki_pos = aio->below.ki_pos;
	extfuse_backing_wrote(file_inode(aio->iocb->ki_filp), aio->iocb->ki_pos, aio->ret);
}

/* Completes the request of the mount; with that the handle may go. */
static void aio_tell(struct aio *aio)
{
	aio->iocb->ki_complete(aio->iocb, aio->ret);
	aio_put(aio);
}

/* Perhaps in an interrupt. */
static void aio_read_done(struct kiocb *below, long ret)
{
	struct aio *aio = container_of(below, struct aio, below);

	aio->ret = ret;
	aio_read_over(aio);
	aio_tell(aio);
}

static void aio_write_work(struct work_struct *work)
{
	struct aio *aio = container_of(work, struct aio, work);

	aio_write_over(aio);
	aio_tell(aio);
}

static void aio_write_done(struct kiocb *below, long ret)
{
	struct aio *aio = container_of(below, struct aio, below);

	aio->ret = ret;
	INIT_WORK(&aio->work, aio_write_work);
	queue_work(wrote_wq, &aio->work);
}

static struct aio *aio_make(struct kiocb *iocb, struct file *file,
			    void (*done)(struct kiocb *below, long ret))
{
	struct aio *aio = kzalloc(sizeof(*aio), GFP_KERNEL);

	if (!aio)
		return NULL;
	extfuse_iocb_clone(&aio->below, iocb, get_file(file));
	aio->below.ki_complete = done;
	aio->iocb = iocb;
	refcount_set(&aio->refs, 2);
	return aio;
}

ssize_t extfuse_aio_read(struct kiocb *iocb, struct iov_iter *iter, struct file *file)
{
	struct aio *aio = aio_make(iocb, file, aio_read_done);
	ssize_t ret;

	if (!aio)
		return -ENOMEM;
	ret = vfs_iocb_iter_read(file, &aio->below, iter);
	if (ret != -EIOCBQUEUED) {
		aio_read_over(aio);
		aio_put(aio);
	}
	aio_put(aio);
	return ret;
}

ssize_t extfuse_aio_write(struct kiocb *iocb, struct iov_iter *iter, struct file *file)
{
	struct aio *aio = aio_make(iocb, file, aio_write_done);
	ssize_t ret;

	if (!aio)
		return -ENOMEM;
	extfuse_iocb_sync(&aio->below, iocb);
	file_start_write(file);
	__sb_writers_release(file_inode(file)->i_sb, SB_FREEZE_WRITE);
	ret = vfs_iocb_iter_write(file, &aio->below, iter);
	if (ret != -EIOCBQUEUED) {
		aio->ret = ret;
		aio_write_over(aio);
		aio_put(aio);
	}
	aio_put(aio);
	return ret;
}

int extfuse_iodata_init(void)
{
	wrote_wq = alloc_workqueue("extfuse_wrote", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return wrote_wq ? 0 : -ENOMEM;
}

void extfuse_iodata_exit(void)
{
	destroy_workqueue(wrote_wq);
}

#endif /* HAVE_IOMODE */
