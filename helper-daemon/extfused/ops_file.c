// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations on open files.  A handle is the descriptor of the lower
 * file.  Locks are the kernel's own (it keeps them on its inode and does not
 * ask us), which is what processes on one machine expect.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* A change within the same tick of the lower clock leaves mtime as it was. */
#define TICK_NS		20000000LL

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/*
 * May the kernel keep what it has cached of this file since the last open?
 * Only if nothing has changed since, and nothing can have changed unseen: a
 * file that was touched a moment ago may be touched again within one tick.
 */
static bool file_keeps_cache(struct node *n, int fd)
{
	struct timespec now;
	struct stat st;
	bool keep;
	int64_t age;

	if (fstat(fd, &st) || clock_gettime(CLOCK_REALTIME, &now))
		return false;
	age = (now.tv_sec - st.st_mtim.tv_sec) * 1000000000LL + now.tv_nsec - st.st_mtim.tv_nsec;
	pthread_mutex_lock(&n->lock);
	keep = n->stable && n->size == st.st_size && same_time(&n->mtime, &st.st_mtim) &&
	       same_time(&n->ctime, &st.st_ctim);
	n->size = st.st_size;
	n->mtime = st.st_mtim;
	n->ctime = st.st_ctim;
	n->stable = age > TICK_NS;
	pthread_mutex_unlock(&n->lock);
	return keep;
}

/*
 * O_APPEND and O_DIRECT may be switched later by fcntl(), so each request
 * tells (O_APPEND), or the kernel does it on its side (O_DIRECT).
 */
static int lower_flags(int flags)
{
	return (flags & ~(O_APPEND | O_DIRECT | O_NOFOLLOW | O_NOCTTY | O_CREAT | O_EXCL)) |
	       O_CLOEXEC;
}

void mirror_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *n = node_get(ino, "OPEN");
	struct fd_path p;
	int fd;

	if (!n) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	creds_become(req);
	fd = open(fd_path(&p, n->fd), lower_flags(fi->flags));
	if (fd < 0) {
		fuse_reply_err(req, errno);
	} else {
		fi->fh = fd;
		fi->keep_cache = file_keeps_cache(n, fd);
		if (fuse_reply_open(req, fi))
			close(fd);
	}
	node_put(n);
}

/*
 * The kernel asks for a file to be created where it knows no such name.  If the
 * lower file system has it by now, nobody has checked whether the caller may
 * open that file, and we may open all: ESTALE makes the kernel look again, at
 * the file, its permissions, or the target of what is a symbolic link.
 */
static int file_create(struct node *dir, const char *name, int flags, mode_t mode)
{
	int fd = openat(dir->fd, name, lower_flags(flags) | O_CREAT | O_EXCL, mode);

	if (fd >= 0)
		return fd;
	return errno == EEXIST && !(flags & O_EXCL) ? -ESTALE : -errno;
}

void mirror_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		   struct fuse_file_info *fi)
{
	struct node *dir = node_get(parent, "CREATE"), *n;
	struct fuse_entry_param e;
	struct stat st;
	int fd, err;

	if (!dir) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	creds_become(req);
	fd = file_create(dir, name, fi->flags, mode);
	err = fd < 0 ? fd : node_find(dir, name, fd, &n, &st);
	if (err) {
		fuse_reply_err(req, -err);
		if (fd >= 0)
			close(fd);
	} else {
		fi->fh = fd;
		entry_fill(&e, n, &st);
		if (fuse_reply_create(req, &e, fi)) {
			close(fd);
			node_forget(e.ino, 1);
		}
	}
	node_put(dir);
}

void mirror_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);

	(void)ino;
	buf.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buf.buf[0].fd = fi->fh;
	buf.buf[0].pos = off;
	/* Below two pages libfuse reads into memory, above it splices. */
	fuse_reply_data(req, &buf, FUSE_BUF_SPLICE_MOVE);
}

/* Appends what lies in memory; a handle that may append is never spliced into. */
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
	/* What the page cache writes back is not of the task that happens to send it. */
	if (fi->writepage)
		creds_become_ids(0, 0, 0);
	else
		creds_become(req);
	if ((fi->flags & O_APPEND) && !fi->writepage) {
		len = write_append(in, fi->fh);
	} else {
		out.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
		out.buf[0].fd = fi->fh;
		out.buf[0].pos = off;
		len = fuse_buf_copy(&out, in, 0);
	}
	if (len < 0)
		fuse_reply_err(req, -len);
	else
		fuse_reply_write(req, len);
}

/* Some lower file systems report failed writes at close only. */
void mirror_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int fd = dup(fi->fh);

	(void)ino;
	fuse_reply_err(req, fd < 0 || close(fd) ? errno : 0);
}

void mirror_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	close(fi->fh);
	fuse_reply_err(req, 0);
}

void mirror_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_err(req, (datasync ? fdatasync(fi->fh) : fsync(fi->fh)) ? errno : 0);
}

void mirror_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		      struct fuse_file_info *fi)
{
	(void)ino;
	creds_become(req);
	fuse_reply_err(req, fallocate(fi->fh, mode, off, len) ? errno : 0);
}

void mirror_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	off_t res = lseek(fi->fh, off, whence);

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
	creds_become(req);
	res = copy_file_range(fi_in->fh, &off_in, fi_out->fh, &off_out, len, flags);
	if (res < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, res);
}
