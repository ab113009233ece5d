// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * backed: a daemon that tells the kernel which files are behind its nodes.  With the
 * extension passthrough the kernel then does what is asked for on those files, with the
 * caller's own rights.
 *
 *	mount -t extfuse -o ext=passthrough,source=/srv/data $PWD/backed# /mnt
 *	mount -t extfuse -o ext=passthrough,source=/srv/data,tree $PWD/backed# /mnt
 *
 * The first shows the regular files of a directory, and nothing else that is there: names
 * are this daemon's.  Each file that it names gets a backing object.  The second says
 * that names are the kernel's too, with all that is below the directory (a tree): then the
 * daemon has hardly anything to do.
 *
 * Without an extension (ext=none) all is served by the daemon, read-only.
 */
#define FUSE_USE_VERSION 34
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

/* A file that the kernel knows.  One for each file, whatever names it has: that is its identity. */
struct node {
	struct node *next;
	int fd;			/* O_PATH */
	dev_t dev;
	ino_t ino;
	uint64_t lookups;	/* that the kernel will give back, by FORGET */
};

static struct {
	char *source;
	int tree;
	int conn_fd;		/* /dev/extfuse */
	struct node root;
	struct node *nodes;
} fs;

#define GENERATION	1	/* no number is used again while the kernel has it, so one will do */

static struct node *node_of(fuse_ino_t id)
{
	return id == FUSE_ROOT_ID ? &fs.root : (struct node *)(uintptr_t)id;
}

static fuse_ino_t id_of(const struct node *n)
{
	return n == &fs.root ? FUSE_ROOT_ID : (uintptr_t)n;
}

static struct node *node_find(const struct stat *st)
{
	struct node *n = fs.nodes;

	while (n && (n->dev != st->st_dev || n->ino != st->st_ino))
		n = n->next;
	return n;
}

/* Takes @fd.  The object must be there before the reply that makes the node known. */
static struct node *node_new(int fd, const struct stat *st)
{
	struct node *n = calloc(1, sizeof(*n));
	int err;

	if (!n) {
		close(fd);
		return NULL;
	}
	*n = (struct node){ .next = fs.nodes, .fd = fd, .dev = st->st_dev, .ino = st->st_ino };
	fs.nodes = n;
	err = extfuse_backing__add(fs.conn_fd, id_of(n), GENERATION, fd);
	/* Not an error: what the kernel does not take is served here. */
	if (err)
		fprintf(stderr, "backed: node %#lx goes through the daemon: %s\n", (long)id_of(n), strerror(-err));
	return n;
}

static void node_free(struct node *n)
{
	struct node **at = &fs.nodes;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	extfuse_backing__drop(fs.conn_fd, id_of(n), GENERATION);
	close(n->fd);
	free(n);
}

/*
 * A descriptor of a node, to be closed.  In a tree nodes are the kernel's: what is sent up
 * all the same may be opened for as long as the request lasts.
 */
static int node_open(fuse_ino_t id)
{
	if (id & EXTFUSE_NODE_KERNEL || (fs.tree && id == FUSE_ROOT_ID))
		return extfuse_backing__open(fs.conn_fd, id, 0);
	return dup(node_of(id)->fd);
}

/* As a path that open() follows: O_PATH opens nothing. */
static int node_reopen(fuse_ino_t id, int flags)
{
	int path_fd = node_open(id), fd;
	char path[32];

	if (path_fd < 0)
		return -EIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(path_fd);
	return fd;
}

static int is_shown(mode_t mode)
{
	return fs.tree || S_ISREG(mode);
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .generation = GENERATION };
	struct node *n;
	int dir, fd;

	dir = node_open(parent);
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	close(dir);
	if (fd < 0 || fstat(fd, &e.attr) || !is_shown(e.attr.st_mode)) {
		fuse_reply_err(req, ENOENT);
		close(fd);
		return;
	}
	n = node_find(&e.attr);
	if (n)
		close(fd);
	else
		n = node_new(fd, &e.attr);
	if (!n) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	n->lookups++;
	e.ino = id_of(n);
	fuse_reply_entry(req, &e);
}

static void do_forget(fuse_req_t req, fuse_ino_t id, uint64_t count)
{
	struct node *n = node_of(id);

	if (id != FUSE_ROOT_ID) {
		n->lookups -= count;
		if (!n->lookups)
			node_free(n);
	}
	fuse_reply_none(req);
}

static void do_getattr(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi)
{
	int fd = node_open(id);
	struct stat st;

	(void)fi;
	if (fd < 0 || fstat(fd, &st))
		fuse_reply_err(req, EIO);
	else
		fuse_reply_attr(req, &st, 0);
	if (fd >= 0)
		close(fd);
}

static void do_open(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi)
{
	int fd = (fi->flags & O_ACCMODE) == O_RDONLY ? node_reopen(id, O_RDONLY) : -EROFS;

	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	fi->fh = fd;
	fuse_reply_open(req, fi);
}

static void do_read(fuse_req_t req, fuse_ino_t id, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);

	(void)id;
	buf.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buf.buf[0].fd = fi->fh;
	buf.buf[0].pos = off;
	fuse_reply_data(req, &buf, 0);
}

static void do_release(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi)
{
	(void)id;
	close(fi->fh);
	fuse_reply_err(req, 0);
}

static void do_opendir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi)
{
	int fd = node_reopen(id, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		fuse_reply_err(req, fd < 0 ? -fd : ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)dir;
	fuse_reply_open(req, fi);
}

static void do_readdir(fuse_req_t req, fuse_ino_t id, size_t size, off_t off, struct fuse_file_info *fi)
{
	DIR *dir = (DIR *)(uintptr_t)fi->fh;
	size_t used = 0, len;
	struct dirent *d;
	char buf[4096];

	(void)id;
	if (size > sizeof(buf))
		size = sizeof(buf);
	seekdir(dir, off);
	while ((d = readdir(dir))) {
		struct stat st = { .st_ino = d->d_ino, .st_mode = DTTOIF(d->d_type) };

		if (!is_shown(st.st_mode))
			continue;
		len = fuse_add_direntry(req, buf + used, size - used, d->d_name, &st, d->d_off);
		if (len > size - used)
			break;	/* it comes first in the next part */
		used += len;
	}
	fuse_reply_buf(req, buf, used);
}

static void do_releasedir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi)
{
	(void)id;
	closedir((DIR *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = do_lookup,
	.forget = do_forget,
	.getattr = do_getattr,
	.open = do_open,
	.read = do_read,
	.release = do_release,
	.opendir = do_opendir,
	.readdir = do_readdir,
	.releasedir = do_releasedir,
};

static const struct fuse_opt options[] = {
	{ "source=%s", offsetof(typeof(fs), source), 0 },
	{ "tree", offsetof(typeof(fs), tree), 1 },
	FUSE_OPT_END
};

/* Between the mount and the answer to INIT, which the loop gives; later it is too late for a tree. */
static int root_offer(void)
{
	int err;

	if (!fs.tree)
		return 0;
	err = extfuse_backing__add_tree(fs.conn_fd, fs.root.fd);
	if (err)
		fprintf(stderr, "backed: %s cannot be a tree: %s\n", fs.source, strerror(-err));
	return err;
}

static int serve(struct fuse_session *se, const struct fuse_cmdline_opts *opts)
{
	int status = 1;

	if (fuse_set_signal_handlers(se))
		return 1;
	if (!fuse_session_mount(se, opts->mountpoint)) {
		fs.conn_fd = fuse_session_fd(se);
		if (!root_offer()) {
			fuse_daemonize(opts->foreground);
			status = fuse_session_loop(se) ? 1 : 0;
		}
		fuse_session_unmount(se);
	}
	fuse_remove_signal_handlers(se);
	return status;
}

int main(int argc, char *argv[])
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	struct fuse_cmdline_opts opts;
	struct fuse_session *se;
	int status = 1;

	if (fuse_parse_cmdline(&args, &opts) || !opts.mountpoint || fuse_opt_parse(&args, &fs, options, NULL))
		return 2;
	fs.root.fd = fs.source ? open(fs.source, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fs.root.fd < 0) {
		fprintf(stderr, "backed: source=%s: %s\n", fs.source ? fs.source : "", fs.source ? strerror(errno) : "which directory?");
		return 1;
	}
	se = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	if (se) {
		status = serve(se, &opts);
		fuse_session_destroy(se);
	}
	free(opts.mountpoint);
	fuse_opt_free_args(&args);
	return status;
}
