// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data of files on a backing file until 6.8, where fuse knows no such thing:
 * see handle.h.
 *
 * fuse_inode.ext_iomode (under fi->lock) counts handles that use the page
 * cache, or, below zero, those on a backing file.
 *
 * A backing file has the path of the file below: /proc/PID/maps shows that.
 */
#include "fuse_i.h"
#include "inode.h"
#include "passthrough/below.h"
#include "passthrough/data.h"
#include "compat/vfs.h"

#ifndef HAVE_IOMODE

#include <linux/file.h>
#include <linux/splice.h>
#include <linux/uio.h>

int extfuse_io_start(struct inode *inode, struct fuse_file *ff, const struct cred *cred)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	int err = -EBUSY;

	spin_lock(&fi->lock);
	if (fi->ext_iomode <= 0) {
		fi->ext_iomode--;
		err = 0;
	}
	spin_unlock(&fi->lock);
	return err;
}

void extfuse_io_end(struct inode *inode, struct fuse_file *ff)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	spin_lock(&fi->lock);
	fi->ext_iomode++;
	spin_unlock(&fi->lock);
}

void extfuse_open_finished(struct inode *inode, struct fuse_file *ff)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (!S_ISREG(inode->i_mode) || ff->ext.is_ours || ff->open_flags & FOPEN_DIRECT_IO)
		return;
	spin_lock(&fi->lock);
	if (fi->ext_iomode < 0 || extfuse_is_mapped_by_own(inode) || extfuse_is_mapped_below(inode)) {
		ff->open_flags |= FOPEN_DIRECT_IO;
		ff->open_flags &= ~FOPEN_KEEP_CACHE;
	} else {
		fi->ext_iomode++;
		ff->ext.cached = true;
	}
	spin_unlock(&fi->lock);
}

void extfuse_io_release(struct fuse_file *ff, struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (!S_ISREG(inode->i_mode))
		return;
	if (ff->ext.is_ours)
		extfuse_io_end(inode, ff);
	if (!ff->ext.cached)
		return;
	spin_lock(&fi->lock);
	fi->ext_iomode--;
	spin_unlock(&fi->lock);
}

bool extfuse_inode_is_uncached(struct inode *inode)
{
	return READ_ONCE(get_fuse_inode(inode)->ext_iomode) < 0;
}

void extfuse_handle_set(struct fuse_file *ff, struct file *file, const struct cred *cred)
{
	ff->passthrough = file;
	ff->cred = cred;
}

void fuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb)
{
	fput(ff->passthrough);
	ff->passthrough = NULL;
	put_cred(ff->cred);
	ff->cred = NULL;
}

struct file *extfuse_handle_open(const struct file *user, int flags, const struct path *path,
				 const struct cred *cred)
{
	return dentry_open(path, flags, cred);
}

struct file *extfuse_handle_tmpfile(const struct file *user, int flags, const struct path *dir,
				    umode_t mode, const struct cred *cred)
{
	return vfs_tmpfile_open(mnt_idmap(dir->mnt), dir, mode, flags, cred);
}

static int iocb_check(const struct kiocb *iocb, const struct file *backing)
{
	return iocb->ki_flags & IOCB_DIRECT && !(backing->f_mode & FMODE_CAN_ODIRECT) ? -EINVAL : 0;
}

static ssize_t read_below(struct kiocb *iocb, struct iov_iter *iter, struct file *file)
{
	struct kiocb below;
	ssize_t ret;

	if (!is_sync_kiocb(iocb) && !extfuse_aio_leaks(file))
		return extfuse_aio_read(iocb, iter, file);
	extfuse_iocb_clone(&below, iocb, file);
	ret = vfs_iocb_iter_read(file, &below, iter);
	iocb->ki_pos = below.ki_pos;
	fuse_invalidate_atime(file_inode(iocb->ki_filp));
	return ret;
}

ssize_t fuse_passthrough_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct fuse_file *ff = iocb->ki_filp->private_data;
	const struct cred *old;
	ssize_t ret;

	if (!iov_iter_count(iter))
		return 0;
	extfuse_flags_follow(ff, iocb->ki_filp);
	ret = iocb_check(iocb, ff->passthrough);
	if (ret)
		return ret;
	old = override_creds(ff->cred);
	ret = read_below(iocb, iter, ff->passthrough);
	revert_creds(old);
	return ret;
}

static ssize_t write_below(struct kiocb *iocb, struct iov_iter *iter, struct file *file)
{
	struct kiocb below;
	ssize_t ret;

	if (!is_sync_kiocb(iocb) && !extfuse_aio_leaks(file))
		return extfuse_aio_write(iocb, iter, file);
	extfuse_iocb_clone(&below, iocb, file);
	extfuse_iocb_sync(&below, iocb);
	file_start_write(file);
	ret = vfs_iocb_iter_write(file, &below, iter);
	file_end_write(file);
	iocb->ki_pos = below.ki_pos;
	extfuse_backing_wrote(file_inode(iocb->ki_filp), iocb->ki_pos, ret);
	return ret;
}

static ssize_t write_locked(struct kiocb *iocb, struct iov_iter *iter)
{
	struct fuse_file *ff = iocb->ki_filp->private_data;
	const struct cred *old;
	ssize_t ret;

	ret = iocb_check(iocb, ff->passthrough);
	if (ret)
		return ret;
	if (extfuse_must_append(ff) && !(iocb->ki_flags & IOCB_APPEND))
		return -EPERM;
	old = override_creds(extfuse_io_cred(ff));
	ret = write_below(iocb, iter, ff->passthrough);
	revert_creds(old);
	return ret;
}

ssize_t fuse_passthrough_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct fuse_file *ff = iocb->ki_filp->private_data;
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret;
	int how;

	if (!iov_iter_count(iter))
		return 0;
	how = extfuse_write_begin(iocb, inode, ff, iov_iter_count(iter));
	if (how < 0)
		return how;
	ret = write_locked(iocb, iter);
	extfuse_write_end(inode, ff, how);
	return ret;
}

ssize_t extfuse_splice_write(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			     size_t len, unsigned int flags)
{
	if (fuse_file_passthrough(out->private_data))
		return extfuse_splice_below(pipe, out, ppos, len, flags);
	return extfuse_splice_up(pipe, out, ppos, len, flags);
}

int fuse_passthrough_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fuse_file *ff = file->private_data;
	const struct cred *old;
	int err;

	if (!ff->passthrough->f_op->mmap)
		return -ENODEV;
	err = extfuse_backing_map(file, vma);
	if (err)
		return err;
	vma_set_file(vma, ff->passthrough);
	old = override_creds(ff->cred);
	err = call_mmap(vma->vm_file, vma);
	revert_creds(old);
	fuse_invalidate_atime(file_inode(file));
	return err;
}

#endif /* HAVE_IOMODE */
