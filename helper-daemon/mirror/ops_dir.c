// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations on open directories.  Positions are the lower file
 * system's own, so seekdir() and an interrupted listing work as they do there.
 */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What getdents64() writes. */
struct lower_dirent {
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

#define LISTING_SIZE	32768

struct dir_handle {
	int fd;
	pthread_mutex_t lock;	/* the kernel may list one directory in parallel */
	off_t next;		/* position of the first entry that is not given yet */
	size_t at;
	size_t len;
	char buf[LISTING_SIZE] __attribute__((aligned(8)));
};

static struct dir_handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct dir_handle *)(uintptr_t)fi->fh;
}

int dir_handle_fd(const struct fuse_file_info *fi)
{
	return handle_of(fi)->fd;
}

void mirror_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *n = node_get(ino, "OPENDIR");
	struct dir_handle *dh;
	struct fd_path p;
	int err;

	if (!n) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	dh = malloc(sizeof(*dh));
	err = dh ? 0 : ENOMEM;
	if (dh) {
		dh->fd = open(fd_path(&p, n->fd), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dh->fd < 0) {
			err = errno;
			free(dh);
		}
	}
	node_put(n);
	if (err) {
		fuse_reply_err(req, err);
		return;
	}
	prune_look(dh->fd);
	pthread_mutex_init(&dh->lock, NULL);
	dh->next = 0;
	dh->at = 0;
	dh->len = 0;
	fi->fh = (uintptr_t)dh;
	if (fuse_reply_open(req, fi)) {
		close(dh->fd);
		free(dh);
	}
}

/* The entry at the handle's position, NULL at the end; 0 or -errno in *@err. */
static struct lower_dirent *handle_entry(struct dir_handle *dh, int *err)
{
	long len;

	*err = 0;
	if (dh->at >= dh->len) {
		len = syscall(SYS_getdents64, dh->fd, dh->buf, sizeof(dh->buf));
		dh->at = 0;
		dh->len = len > 0 ? len : 0;
		if (len < 0)
			*err = -errno;
		if (len <= 0)
			return NULL;
	}
	return (struct lower_dirent *)(dh->buf + dh->at);
}

/* If listings are made for their reader, what is left in the buffer was made for another. */
static int handle_seek(struct dir_handle *dh, off_t off)
{
	if (off == dh->next && !mirror.made_when_read)
		return 0;
	dh->at = 0;
	dh->len = 0;
	if (lseek(dh->fd, off, SEEK_SET) < 0)
		return -errno;
	dh->next = off;
	return 0;
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Adds one entry with its node; returns the room it took, more than @room if too small. */
static size_t add_plus(fuse_req_t req, struct node *dir, const struct lower_dirent *d, char *buf,
		       size_t room)
{
	struct fuse_entry_param e = { .attr.st_ino = d->d_ino, .attr.st_mode = d->d_type << 12 };
	struct node *n = NULL;
	struct stat st;
	size_t size;

	/* A name without a node (".", gone meanwhile, or to be looked up by each caller) is still a name. */
	if (!is_dot(d->d_name) && !mirror.made_when_read && !node_find(dir, d->d_name, -1, &n, &st))
		entry_fill(&e, n, &st);
	else
		n = NULL;
	size = fuse_add_direntry_plus(req, buf, room, d->d_name, &e, d->d_off);
	if (n && size > room)
		node_forget(n->id, 1);
	return size;
}

static size_t add_plain(fuse_req_t req, const struct lower_dirent *d, char *buf, size_t room)
{
	struct stat st = { .st_ino = d->d_ino, .st_mode = d->d_type << 12 };

	return fuse_add_direntry(req, buf, room, d->d_name, &st, d->d_off);
}

static ssize_t handle_list(fuse_req_t req, struct node *dir, struct dir_handle *dh, char *buf,
			   size_t size, bool plus)
{
	struct lower_dirent *d;
	size_t used = 0, took;
	int err;

	while ((d = handle_entry(dh, &err))) {
		if (plus)
			took = add_plus(req, dir, d, buf + used, size - used);
		else
			took = add_plain(req, d, buf + used, size - used);
		if (took > size - used)
			break;
		used += took;
		dh->at += d->d_reclen;
		dh->next = d->d_off;
	}
	/* After the first entry an error is left for the next request. */
	return used || !err ? (ssize_t)used : err;
}

/* Takes back the lookup counts of a listing that never arrived. */
static void list_forget(const char *buf, size_t size)
{
	const struct fuse_direntplus_head {
		uint64_t nodeid;
		char rest[120];		/* struct fuse_entry_out */
		uint64_t ino;
		uint64_t off;
		uint32_t namelen;
		uint32_t type;
	} *h;
	size_t at = 0;

	while (at + sizeof(*h) <= size) {
		h = (const void *)(buf + at);
		if (h->nodeid)
			node_forget(h->nodeid, 1);
		at += (sizeof(*h) + h->namelen + 7) & ~7UL;
	}
}

static void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi,
		 bool plus)
{
	struct node *dir = node_get(ino, plus ? "READDIRPLUS" : "READDIR");
	struct dir_handle *dh = handle_of(fi);
	ssize_t used;
	char *buf;

	if (!dir) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	buf = malloc(size);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		node_put(dir);
		return;
	}
	pthread_mutex_lock(&dh->lock);
	used = handle_seek(dh, off);
	if (!used)
		used = handle_list(req, dir, dh, buf, size, plus);
	pthread_mutex_unlock(&dh->lock);
	if (used < 0)
		fuse_reply_err(req, -used);
	else if (fuse_reply_buf(req, buf, used) && plus)
		list_forget(buf, used);
	free(buf);
	node_put(dir);
}

void mirror_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	list(req, ino, size, off, fi, false);
}

void mirror_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			struct fuse_file_info *fi)
{
	list(req, ino, size, off, fi, true);
}

void mirror_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct dir_handle *dh = handle_of(fi);

	(void)ino;
	close(dh->fd);
	pthread_mutex_destroy(&dh->lock);
	free(dh);
	fuse_reply_err(req, 0);
}

void mirror_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	int fd = dir_handle_fd(fi);

	(void)ino;
	fuse_reply_err(req, (datasync ? fdatasync(fd) : fsync(fd)) ? errno : 0);
}
