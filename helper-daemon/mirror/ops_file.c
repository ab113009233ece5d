// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations on open files.  A handle has a descriptor of the lower file, which was
 * opened with the caller's rights.  Locks are the kernel's own, as processes on one machine
 * expect: it keeps them on its inode, and does not ask the daemon.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

void mirror_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);

	(void)ino;
	buf.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buf.buf[0].fd = file_handle_fd(fi);
	buf.buf[0].pos = off;
	/* Below two pages libfuse reads into memory, above it splices. */
	fuse_reply_data(req, &buf, FUSE_BUF_SPLICE_MOVE);
}

/* Appends what is in memory; nothing is spliced into a handle that may append. */
static ssize_t write_append(struct fuse_bufvec *in, int fd)
{
	struct fuse_bufvec mem = FUSE_BUFVEC_INIT(fuse_buf_size(in));
	struct iovec iov;
	ssize_t len;

	if (in->count == 1 && !(in->buf[0].flags & FUSE_BUF_IS_FD)) {
		iov.iov_base = (char *)in->buf[0].mem + in->off;
		iov.iov_len = in->buf[0].size - in->off;
		len = pwritev2(fd, &iov, 1, 0, RWF_APPEND);
		return len < 0 ? -errno : len;
	}
	mem.buf[0].mem = malloc(mem.buf[0].size);
	if (!mem.buf[0].mem)
		return -ENOMEM;
	len = fuse_buf_copy(&mem, in, 0);
	if (len > 0) {
		iov.iov_base = mem.buf[0].mem;
		iov.iov_len = len;
		len = pwritev2(fd, &iov, 1, 0, RWF_APPEND);
		if (len < 0)
			len = -errno;
	}
	free(mem.buf[0].mem);
	return len;
}

void mirror_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in, off_t off,
		      struct fuse_file_info *fi)
{
	struct fuse_bufvec out = FUSE_BUFVEC_INIT(fuse_buf_size(in));
	ssize_t len;

	(void)ino;
	if ((fi->flags & O_APPEND) && !fi->writepage) {
		len = write_append(in, file_handle_fd(fi));
	} else {
		out.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
		out.buf[0].fd = file_handle_fd(fi);
		out.buf[0].pos = off;
		len = fuse_buf_copy(&out, in, 0);
	}
	if (len < 0)
		fuse_reply_err(req, -len);
	else
		fuse_reply_write(req, len);
}

/* Some lower file systems report failed writes only at close. */
void mirror_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int fd = dup(file_handle_fd(fi));

	(void)ino;
	fuse_reply_err(req, fd < 0 || close(fd) ? errno : 0);
}

void mirror_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	file_handle_free(fi->fh);
	fuse_reply_err(req, 0);
}

void mirror_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	int fd = file_handle_fd(fi);

	(void)ino;
	fuse_reply_err(req, (datasync ? fdatasync(fd) : fsync(fd)) ? errno : 0);
}

void mirror_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		      struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_err(req, fallocate(file_handle_fd(fi), mode, off, len) ? errno : 0);
}

void mirror_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	off_t res = lseek(file_handle_fd(fi), off, whence);

	(void)ino;
	if (res < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_lseek(req, res);
}

void mirror_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			    struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			    struct fuse_file_info *fi_out, size_t len, int flags)
{
	ssize_t res;

	(void)ino_in;
	(void)ino_out;
	res = copy_file_range(file_handle_fd(fi_in), &off_in, file_handle_fd(fi_out), &off_out, len, flags);
	if (res < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, res);
}
