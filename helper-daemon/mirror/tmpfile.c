// SPDX-License-Identifier: GPL-2.0-only
/*
 * O_TMPFILE.  Kernels since 6.1 ask for it (FUSE_TMPFILE), libfuse before 3.17
 * answers that it does not exist.  So this one request is taken from the
 * session's buffer before libfuse sees it, and answered here.  This can go when
 * the oldest libfuse that is supported has the operation.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct tmpfile_reply {
	struct fuse_out_header head;
	struct fuse_entry_out entry;
	struct fuse_open_out open;
};

static void lifetime_fill(uint64_t *sec, uint32_t *nsec, double seconds)
{
	*sec = seconds;
	*nsec = (seconds - *sec) * 1e9;
}

static void attr_fill(struct fuse_attr *a, const struct stat *st)
{
	a->ino = st->st_ino;
	a->size = st->st_size;
	a->blocks = st->st_blocks;
	a->atime = st->st_atim.tv_sec;
	a->atimensec = st->st_atim.tv_nsec;
	a->mtime = st->st_mtim.tv_sec;
	a->mtimensec = st->st_mtim.tv_nsec;
	a->ctime = st->st_ctim.tv_sec;
	a->ctimensec = st->st_ctim.tv_nsec;
	a->mode = st->st_mode;
	a->nlink = st->st_nlink;
	a->uid = st->st_uid;
	a->gid = st->st_gid;
	a->rdev = st->st_rdev;
	a->blksize = st->st_blksize;
}

/* Opens the nameless file, makes its node and a handle; returns its descriptor or -errno. */
static int tmpfile_open(struct node *dir, const struct fuse_create_in *in, struct node **n,
			struct stat *st, uint64_t *fh)
{
	struct fd_path p;
	int fd, err;

	fd = open(fd_path(&p, dir->fd),
		  (in->flags & (O_ACCMODE | O_SYNC | O_EXCL)) | O_TMPFILE | O_CLOEXEC, in->mode);
	if (fd < 0)
		return -errno;
	err = node_find(dir, NULL, fd, n, st);
	if (err) {
		close(fd);
		return err;
	}
	node_hold(*n);
	*fh = file_handle_new(*n, fd);
	if (*fh)
		return fd;
	node_forget((*n)->id, 1);
	node_put(*n);
	*n = NULL;
	close(fd);
	return -ENOMEM;
}

static void tmpfile_answer(const struct fuse_in_header *head, const struct fuse_create_in *in,
			   int dev_fd)
{
	struct tmpfile_reply r = { .head.unique = head->unique, .head.len = sizeof(r) };
	struct node *dir = node_get(head->nodeid, "TMPFILE"), *n = NULL;
	struct stat st;
	uint64_t fh = 0;
	int fd = -ESTALE;

	if (dir) {
		fd = tmpfile_open(dir, in, &n, &st, &fh);
		node_put(dir);
	}
	if (!n) {
		r.head.error = fd;
		r.head.len = sizeof(r.head);
	} else {
		r.entry.nodeid = n->id;
		attr_fill(&r.entry.attr, &st);
		lifetime_fill(&r.entry.attr_valid, &r.entry.attr_valid_nsec, mirror.attr_timeout);
		r.open.fh = fh;
	}
	if (write(dev_fd, &r, r.head.len) < 0 && fd >= 0) {
		file_handle_free(fh);
		node_forget(r.entry.nodeid, 1);
	}
}

bool tmpfile_request(const struct fuse_buf *buf, int dev_fd)
{
	const struct fuse_in_header *head = buf->mem;

	if ((buf->flags & FUSE_BUF_IS_FD) || head->opcode != FUSE_TMPFILE ||
	    buf->size < sizeof(*head) + sizeof(struct fuse_create_in))
		return false;
	tmpfile_answer(head, (const struct fuse_create_in *)(head + 1), dev_fd);
	return true;
}
