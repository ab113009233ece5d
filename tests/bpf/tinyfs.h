/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest file system with a daemon: a root with a few files, served by a
 * thread of the test over the bare protocol, so that a test decides each
 * lifetime and each attribute, and counts each request that reaches the
 * daemon. For tests of programs; what a real daemon does, other tests show.
 */
#ifndef TINYFS_H
#define TINYFS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define TINY_NODES	16
#define TINY_OPS	64
#define TINY_BUF	(1 << 16)

/* Node id is the index; 1 is the root, a node without a name does not exist. */
struct tiny_node {
	char name[300];
	__u32 mode;
	__u32 nlink;
	__u64 size;
};

struct tinyfs {
	int fd;
	char mnt[64];
	pthread_t thread;
	atomic_uint count[TINY_OPS];	/* requests that reached us */
	pthread_mutex_t lock;		/* all that follows */
	struct tiny_node node[TINY_NODES];
	unsigned int attr_valid, entry_valid;	/* seconds */
	bool negative_entry;	/* absent names are node id 0 with entry_valid, not ENOENT */
};

static void tiny_reply(struct tinyfs *fs, __u64 unique, int error, const void *data, size_t size)
{
	struct fuse_out_header out = { sizeof(out) + size, error, unique };
	struct iovec iov[2] = { { &out, sizeof(out) }, { (void *)data, size } };

	/* Fails when the request was interrupted or the mount is gone: both are fine. */
	if (writev(fs->fd, iov, size ? 2 : 1) < 0)
		return;
}

static void tiny_attr(struct tinyfs *fs, __u64 id, struct fuse_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = id;
	attr->mode = fs->node[id].mode;
	attr->nlink = fs->node[id].nlink;
	attr->size = fs->node[id].size;
	attr->blksize = 4096;
}

static void tiny_entry(struct tinyfs *fs, __u64 id, struct fuse_entry_out *out)
{
	memset(out, 0, sizeof(*out));
	out->nodeid = id;
	out->entry_valid = fs->entry_valid;
	if (!id)
		return;
	out->attr_valid = fs->attr_valid;
	tiny_attr(fs, id, &out->attr);
}

static __u64 tiny_find(struct tinyfs *fs, const char *name)
{
	for (__u64 id = 2; id < TINY_NODES; id++)
		if (!strcmp(fs->node[id].name, name))
			return id;
	return 0;
}

static void tiny_lookup(struct tinyfs *fs, const struct fuse_in_header *in, const char *name)
{
	__u64 id = in->nodeid == FUSE_ROOT_ID ? tiny_find(fs, name) : 0;
	struct fuse_entry_out out;

	tiny_entry(fs, id, &out);
	if (!id && !fs->negative_entry)
		tiny_reply(fs, in->unique, -ENOENT, NULL, 0);
	else
		tiny_reply(fs, in->unique, 0, &out, sizeof(out));
}

static void tiny_mknod(struct tinyfs *fs, const struct fuse_in_header *in,
		       const struct fuse_mknod_in *mknod)
{
	struct fuse_entry_out out;
	__u64 id = tiny_find(fs, "");

	if (!id)
		return tiny_reply(fs, in->unique, -ENOSPC, NULL, 0);
	fs->node[id] = (struct tiny_node){ .mode = mknod->mode, .nlink = 1 };
	snprintf(fs->node[id].name, sizeof(fs->node[id].name), "%.255s",
		 (const char *)(mknod + 1));
	tiny_entry(fs, id, &out);
	tiny_reply(fs, in->unique, 0, &out, sizeof(out));
}

static void tiny_unlink(struct tinyfs *fs, const struct fuse_in_header *in, const char *name)
{
	__u64 id = tiny_find(fs, name);

	if (id)
		fs->node[id].name[0] = '\0';
	tiny_reply(fs, in->unique, id ? 0 : -ENOENT, NULL, 0);
}

static void tiny_attr_reply(struct tinyfs *fs, const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { .attr_valid = fs->attr_valid };

	tiny_attr(fs, in->nodeid, &out.attr);
	tiny_reply(fs, in->unique, 0, &out, sizeof(out));
}

static void tiny_setattr(struct tinyfs *fs, const struct fuse_in_header *in,
			 const struct fuse_setattr_in *set)
{
	struct tiny_node *node = &fs->node[in->nodeid];

	if (set->valid & FATTR_MODE)
		node->mode = (node->mode & S_IFMT) | (set->mode & 07777);
	if (set->valid & FATTR_SIZE)
		node->size = set->size;
	tiny_attr_reply(fs, in);
}

/* The whole root in one reply, READDIRPLUS or not; what does not fit is left out. */
static void tiny_readdir(struct tinyfs *fs, const struct fuse_in_header *in,
			 const struct fuse_read_in *read)
{
	bool plus = in->opcode == FUSE_READDIRPLUS;
	size_t head = plus ? sizeof(struct fuse_entry_out) : 0, len = 0, one;
	static char buf[TINY_BUF];
	struct fuse_dirent *d;

	memset(buf, 0, sizeof(buf));
	for (__u64 id = 2; id < TINY_NODES && !read->offset; id++) {
		size_t namelen = strlen(fs->node[id].name);

		one = head + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + namelen);
		if (!namelen || len + one > read->size)
			continue;
		if (plus)
			tiny_entry(fs, id, (struct fuse_entry_out *)(buf + len));
		d = (struct fuse_dirent *)(buf + len + head);
		d->ino = id;
		d->off = id;
		d->namelen = namelen;
		d->type = fs->node[id].mode >> 12;
		memcpy(d->name, fs->node[id].name, namelen);
		len += one;
	}
	tiny_reply(fs, in->unique, 0, buf, len);
}

static void tiny_open(struct tinyfs *fs, const struct fuse_in_header *in)
{
	struct fuse_open_out out = { .fh = in->nodeid };

	tiny_reply(fs, in->unique, 0, &out, sizeof(out));
}

static void tiny_serve_one(struct tinyfs *fs, const struct fuse_in_header *in)
{
	static const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096,
		.max_readahead = 4096, .flags = FUSE_DO_READDIRPLUS,
	};
	static const char zeros[4096];
	const void *arg = in + 1;

	if (in->opcode < TINY_OPS)
		atomic_fetch_add(&fs->count[in->opcode], 1);
	switch (in->opcode) {
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_INIT:
		return tiny_reply(fs, in->unique, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return tiny_lookup(fs, in, arg);
	case FUSE_GETATTR:
		return tiny_attr_reply(fs, in);
	case FUSE_SETATTR:
		return tiny_setattr(fs, in, arg);
	case FUSE_MKNOD:
		return tiny_mknod(fs, in, arg);
	case FUSE_UNLINK:
		return tiny_unlink(fs, in, arg);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return tiny_open(fs, in);
	case FUSE_READ:
		return tiny_reply(fs, in->unique, 0, zeros, fs->node[in->nodeid].size);
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return tiny_readdir(fs, in, arg);
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return tiny_reply(fs, in->unique, 0, NULL, 0);
	default:
		return tiny_reply(fs, in->unique, -ENOSYS, NULL, 0);
	}
}

static void *tiny_serve(void *arg)
{
	static char buf[TINY_BUF] __attribute__((aligned(8)));
	struct tinyfs *fs = arg;
	ssize_t n;

	for (;;) {
		n = read(fs->fd, buf, sizeof(buf));
		if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
			continue;
		if (n < (ssize_t)sizeof(struct fuse_in_header))
			return NULL;
		pthread_mutex_lock(&fs->lock);
		tiny_serve_one(fs, (struct fuse_in_header *)buf);
		pthread_mutex_unlock(&fs->lock);
	}
}

/* Mounts it on a new folder, with an empty root; lifetimes are 0. 0 or -errno. */
static int tinyfs_mount(struct tinyfs *fs)
{
	char data[128];

	memset(fs, 0, sizeof(*fs));
	pthread_mutex_init(&fs->lock, NULL);
	fs->node[1] = (struct tiny_node){ "/", S_IFDIR | 0755, 2, 0 };
	strcpy(fs->mnt, "/tmp/tinyfs.XXXXXX");
	fs->fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	if (fs->fd < 0 || !mkdtemp(fs->mnt))
		return -errno;
	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 fs->fd);
	if (mount("tinyfs", fs->mnt, "extfuse", MS_NOSUID | MS_NODEV, data))
		return -errno;
	return -pthread_create(&fs->thread, NULL, tiny_serve, fs);
}

/* Ends the connection, and with it the thread. */
static int tinyfs_umount(struct tinyfs *fs)
{
	int ret = umount2(fs->mnt, MNT_DETACH) || rmdir(fs->mnt) ? -errno : 0;

	pthread_join(fs->thread, NULL);
	close(fs->fd);
	return ret;
}

#endif
