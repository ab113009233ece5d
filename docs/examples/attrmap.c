// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * attrmap: a file system with one file, /notes, which is in memory.  It is an ordinary
 * libfuse3 daemon, but that it attaches an extension of its own (attrmap.bpf.c) to its
 * connection, and writes the attributes that it knows into a map of that.
 *
 *	EXTFUSE_BPF_PATH=$PWD mount -t extfuse -o ext=none $PWD/attrmap# /mnt
 */
#define FUSE_USE_VERSION 34
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>

#include "attrmap.h"

#define NOTES	2	/* the file's node; the root is FUSE_ROOT_ID, 1 */

static char text[4096];
static size_t text_size;
static int conn_fd;		/* /dev/extfuse */
static int map_fd = -1;		/* of "attrs"; -1: no extension, and all works without */

static void attr_fill(fuse_ino_t node, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = node;
	st->st_mode = node == NOTES ? S_IFREG | 0644 : S_IFDIR | 0755;
	st->st_nlink = node == NOTES ? 1 : 2;
	st->st_size = node == NOTES ? text_size : 0;
}

/*
 * The connection's clock.  What is read after it is asked is as of this moment, or newer: a
 * change through the mount that begins later makes the value old.  0: do not write one.
 */
static __u64 clock_now(void)
{
	struct extfuse_ioc_query query;

	return map_fd < 0 || extfuse_conn__query(conn_fd, 0, &query) ? 0 : query.clock;
}

/*
 * Call it with attributes that were looked at after @clock.  Had this daemon changed
 * them by itself, the kernel would have to hear of that: fuse_lowlevel_notify_inval_inode().
 */
static void map_put(const struct stat *st, __u64 clock)
{
	struct attrmap_value v = { .out.attr = {
		.ino = st->st_ino, .mode = st->st_mode, .nlink = st->st_nlink, .size = st->st_size,
		.blksize = st->st_blksize,
	} };
	__u64 node = st->st_ino;

	if (!clock)
		return;
	extfuse_seal(&v, node, clock);
	bpf_map_update_elem(map_fd, &node, &v, BPF_ANY);
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .ino = NOTES };
	__u64 clock = clock_now();

	if (parent != FUSE_ROOT_ID || strcmp(name, "notes")) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	attr_fill(NOTES, &e.attr);
	map_put(&e.attr, clock);
	fuse_reply_entry(req, &e);
}

static void do_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	__u64 clock = clock_now();
	struct stat st;

	(void)fi;
	attr_fill(node, &st);
	map_put(&st, clock);
	fuse_reply_attr(req, &st, 0);
}

/* Only the size can be set.  A reply to a change is no time to fill the map: it is in flight. */
static void do_setattr(fuse_req_t req, fuse_ino_t node, struct stat *st, int to_set, struct fuse_file_info *fi)
{
	(void)fi;
	if (node != NOTES || to_set & ~(FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_CTIME)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (to_set & FUSE_SET_ATTR_SIZE) {
		if ((size_t)st->st_size > sizeof(text)) {
			fuse_reply_err(req, EFBIG);
			return;
		}
		if ((size_t)st->st_size > text_size)
			memset(text + text_size, 0, st->st_size - text_size);
		text_size = st->st_size;
	}
	attr_fill(node, st);
	fuse_reply_attr(req, st, 0);
}

/* libfuse has told the kernel that O_TRUNC is the daemon's: no SETATTR comes before this. */
static void do_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	if (node == NOTES && fi->flags & O_TRUNC)
		text_size = 0;
	fuse_reply_open(req, fi);
}

static void do_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t off, struct fuse_file_info *fi)
{
	size_t left = (size_t)off < text_size ? text_size - off : 0;

	(void)node;
	(void)fi;
	fuse_reply_buf(req, text + (left ? off : 0), left < size ? left : size);
}

static void do_write(fuse_req_t req, fuse_ino_t node, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)node;
	(void)fi;
	if (off + size > sizeof(text)) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	memcpy(text + off, buf, size);
	if (text_size < off + size)
		text_size = off + size;
	fuse_reply_write(req, size);
}

static void do_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct stat st;
	char buf[128];
	size_t len = 0;

	(void)node;
	(void)fi;
	attr_fill(NOTES, &st);
	if (!off)
		len = fuse_add_direntry(req, buf, size < sizeof(buf) ? size : sizeof(buf), "notes", &st, 1);
	fuse_reply_buf(req, buf, len);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = do_lookup,
	.getattr = do_getattr,
	.setattr = do_setattr,
	.open = do_open,
	.read = do_read,
	.write = do_write,
	.readdir = do_readdir,
};

/* The programs are the connection's from here on; what is returned holds the map for us. */
static struct extfuse_ext *extension_attach(void)
{
	struct extfuse_ext *ext;
	char why[512] = "";
	int err;

	err = extfuse_ext__open(&ext, "attrmap", NULL, why, sizeof(why));
	if (!err)
		err = extfuse_ext__load(ext, why, sizeof(why));
	if (!err)
		err = extfuse_ext__attach(ext, conn_fd, 0, why, sizeof(why));
	if (err)
		fprintf(stderr, "attrmap: no acceleration: %s\n", why);
	else
		map_fd = bpf_object__find_map_fd_by_name(extfuse_ext__object(ext), "attrs");
	return ext;
}

int main(int argc, char *argv[])
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	struct fuse_cmdline_opts opts;
	struct extfuse_ext *ext = NULL;
	struct fuse_session *se;
	int status = 1;

	if (fuse_parse_cmdline(&args, &opts) || !opts.mountpoint)
		return 2;
	se = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	if (se && !fuse_set_signal_handlers(se)) {
		if (!fuse_session_mount(se, opts.mountpoint)) {
			/* mount.extfuse has made the mount, and hands it over as /dev/fd/N. */
			conn_fd = fuse_session_fd(se);
			ext = extension_attach();
			fuse_daemonize(opts.foreground);
			status = fuse_session_loop(se) ? 1 : 0;
			extfuse_ext__free(ext);
			fuse_session_unmount(se);
		}
		fuse_remove_signal_handlers(se);
	}
	if (se)
		fuse_session_destroy(se);
	free(opts.mountpoint);
	fuse_opt_free_args(&args);
	return status;
}
