/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about FUSE_PASSTHROUGH share: a daemon whose file /a is the file "low" beside the mount. Handles get it as
 * their backing file, attributes and what is read are taken from it.
 */
#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"
#include "rawnew.h"

static struct rawfuse *rf;
static struct raw_node *file;
static int low = -1;

/* What both replies end with is what the lower file has. */
static inline void low_attr(struct fuse_attr *attr)
{
	struct stat st;

	if (fstat(low, &st))
		return;
	attr->size = st.st_size;
	attr->mtime = st.st_mtim.tv_sec;
	attr->mtimensec = st.st_mtim.tv_nsec;
	attr->ctime = st.st_ctim.tv_sec;
	attr->ctimensec = st.st_ctim.tv_nsec;
}

static inline void low_edit(struct raw_req *req, void *out, size_t len)
{
	struct fuse_entry_out *entry = out;
	struct fuse_attr_out *attr = out;

	(void)len;
	if (req->in->opcode == FUSE_LOOKUP && entry->nodeid == file->id)
		low_attr(&entry->attr);
	else if (req->in->opcode == FUSE_GETATTR && req->in->nodeid == file->id)
		low_attr(&attr->attr);
}

static inline int low_read(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	char buf[65536];
	ssize_t n;

	n = pread(low, buf, in->size < sizeof(buf) ? in->size : sizeof(buf), in->offset);
	if (n < 0)
		return -errno;
	raw_reply(req, 0, buf, n);
	return RAW_DONE;
}

/* Returns an id, or -errno. */
static inline int backing_open(int fd)
{
	struct raw_backing backing = { .fd = fd };
	int id = ioctl(raw_fd(rf), RAW_IOC_BACKING_OPEN, &backing);

	return id < 0 ? -errno : id;
}

static inline int backing_close(uint32_t id)
{
	return ioctl(raw_fd(rf), RAW_IOC_BACKING_CLOSE, &id) ? -errno : 0;
}

/* How the next handle is opened: RAW_FOPEN_PASSTHROUGH, with FOPEN_DIRECT_IO or without, or not on the backing file. */
static inline void open_with(uint32_t flags)
{
	raw_lock(rf);
	file->open_flags = flags;
	raw_unlock(rf);
}

static inline void backed_start(const char *type, const char *text)
{
	low = open("low", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(low >= 0 && pwrite(low, text, strlen(text), 0) == (ssize_t)strlen(text), "the lower file");
	rf = raw_start(&(struct raw_opts){ .type = type, .flags = RAW_PASSTHROUGH, .max_stack_depth = 1 });
	if (!(raw_init_flags(rf) & RAW_PASSTHROUGH)) {
		raw_stop(rf);
		SKIP("this kernel's fuse does not know FUSE_PASSTHROUGH");
	}
	file = raw_file(rf, "/a", text, strlen(text));
	raw_edit(rf, FUSE_LOOKUP, low_edit, NULL);
	raw_edit(rf, FUSE_GETATTR, low_edit, NULL);
	raw_on(rf, FUSE_READ, low_read, NULL);
	file->backing_id = backing_open(low);
	CHECK(file->backing_id > 0, "a backing file: %s", strerror(-file->backing_id));
	open_with(RAW_FOPEN_PASSTHROUGH);
}

static inline void backed_stop(void)
{
	CHECK(!backing_close(file->backing_id), "the backing file must be there to be closed");
	raw_balance(rf);
	raw_stop(rf);
	close(low);
}

static inline int open_a(int flags)
{
	int fd = open("mnt/a", flags | O_CLOEXEC);

	CHECK(fd >= 0, "open");
	return fd;
}

#endif
