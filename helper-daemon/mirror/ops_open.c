// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirror operations that open a file, and the handle that they make: a descriptor of
 * the lower file, which was opened with the caller's rights.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct open_file {
	int fd;
	struct node *node;
	struct opener opener;
};

/* execve() adds it to the flags of its OPEN; open() does not accept it from a program. */
#define FLAG_EXEC	040

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

static struct open_file *handle_of(uint64_t fh)
{
	return (struct open_file *)(uintptr_t)fh;
}

int file_handle_fd(const struct fuse_file_info *fi)
{
	return handle_of(fi->fh)->fd;
}

const struct opener *file_opener(uint64_t fh)
{
	return &handle_of(fh)->opener;
}

uint64_t file_handle_new(struct node *n, int fd)
{
	struct open_file *h = malloc(sizeof(*h));

	if (!h)
		return 0;
	prune_look(fd);
	*h = (struct open_file){
		.fd = fd,
		.node = n,
		.opener = creds_opener(),
	};
	return (uintptr_t)h;
}

void file_handle_free(uint64_t fh)
{
	struct open_file *h = handle_of(fh);

	close(h->fd);
	node_put(h->node);
	free(h);
}

/*
 * O_APPEND and O_DIRECT may be switched later by fcntl(), so each request
 * tells (O_APPEND), or the kernel does it on its side (O_DIRECT).
 */
static int lower_flags(int flags)
{
	return (flags & ~(O_APPEND | O_DIRECT | O_NOFOLLOW | O_NOCTTY | O_CREAT | O_EXCL | FLAG_EXEC)) |
	       O_CLOEXEC;
}

/*
 * The creator of a file may open it whatever its mode is.  Where the kernel was to
 * open a file that it has created, but took no backing object, it asks us; the
 * descriptor of the creation serves that request, once, and no other caller.
 */
void file_keep(fuse_req_t req, struct node *n, int fd)
{
	bool keep = mirror.backing && !n->backed;

	pthread_mutex_lock(&n->lock);
	if (keep && n->made_fd < 0) {
		n->made_fd = fd;
		n->made_by = fuse_req_ctx(req)->pid;
		fd = -1;
	}
	pthread_mutex_unlock(&n->lock);
	if (fd >= 0)
		close(fd);
}

static int file_kept(fuse_req_t req, struct node *n)
{
	int fd;

	pthread_mutex_lock(&n->lock);
	fd = n->made_fd;
	n->made_fd = -1;
	pthread_mutex_unlock(&n->lock);
	if (fd >= 0 && n->made_by != fuse_req_ctx(req)->pid) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * The descriptor gives the creator nothing that it could not give itself, as long as
 * it owns the file.  A file that was made and not opened may have another owner by
 * the time that it is opened.
 */
static bool kept_is_his(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && st.st_uid == creds_opener().uid;
}

int open_at_once(const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK);

	/* A file that is made when it is read may ask for the flag then. */
	if (fd >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
	return fd;
}

/*
 * A program need not be readable to be executed: the kernel reads it, the caller never
 * does.  So once the file system below has said that this caller may execute it, the
 * daemon opens it as itself.
 */
static int open_to_execute(struct node *n)
{
	struct fd_path p;
	int fd;

	if (faccessat(AT_FDCWD, fd_path(&p, n->fd), X_OK, AT_EACCESS))
		return -EACCES;
	if (creds_be_self())
		return -EIO;
	fd = open_at_once(p.name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* An append-only file can be opened only with O_APPEND, which cannot be cleared. */
static int open_to_append(const char *path, int flags)
{
	int fd = open_at_once(path, flags | O_APPEND);

	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_APPEND);
	return fd;
}

static int file_open(fuse_req_t req, struct node *n, int flags)
{
	int kept = file_kept(req, n), fd;
	struct fd_path p;

	fd_path(&p, n->fd);
	fd = flags & O_APPEND ? open_to_append(p.name, lower_flags(flags)) : open_at_once(p.name, lower_flags(flags));
	if (fd < 0)
		fd = -errno;
	if (fd == -EACCES && kept_is_his(kept))
		return kept;
	if (kept >= 0)
		close(kept);
	if (fd == -EACCES && flags & FLAG_EXEC)
		fd = open_to_execute(n);
	return fd;
}

void mirror_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *n = node_get(ino, "OPEN");
	int fd;

	if (!n) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	fd = file_open(req, n, fi->flags);
	if (fd == -EWOULDBLOCK && !(fi->flags & O_NONBLOCK) && lease_wait_open(req, ino, fi)) {
		node_put(n);
		return;
	}
	fi->fh = fd < 0 ? 0 : file_handle_new(n, fd);
	if (!fi->fh) {
		fuse_reply_err(req, fd < 0 ? -fd : ENOMEM);
		if (fd >= 0)
			close(fd);
		node_put(n);
		return;
	}
	/* The size of such a file is not its length, and a page cache must not keep it. */
	fi->direct_io = mirror.made_when_read;
	fi->keep_cache = !fi->direct_io && file_keeps_cache(n, fd);
	if (fuse_reply_open(req, fi))
		file_handle_free(fi->fh);
}

/*
 * The kernel asks for a file to be created if it knows no such name.  If the lower file
 * system has the name by now, ESTALE makes the kernel look again: at the file, its
 * permissions, or the target of a symbolic link.
 */
static int file_create(struct node *dir, const char *name, int flags, mode_t mode)
{
	int fd = openat(dir->fd, name, lower_flags(flags) | O_CREAT | O_EXCL, mode);

	if (fd >= 0)
		return fd;
	return errno == EEXIST && !(flags & O_EXCL) ? -ESTALE : -errno;
}

/* The node and the handle of a file that was just created; takes @fd. */
static int handle_of_new(struct node *dir, const char *name, int fd, struct fuse_file_info *fi,
			 struct node **n, struct stat *st)
{
	int err = node_find(dir, name, fd, n, st);

	if (err) {
		close(fd);
		return err;
	}
	node_hold(*n);
	fi->fh = file_handle_new(*n, fd);
	if (fi->fh)
		return 0;
	node_forget((*n)->id, 1);
	node_put(*n);
	close(fd);
	return -ENOMEM;
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
	fd = file_create(dir, name, fi->flags, mode);
	err = fd < 0 ? fd : handle_of_new(dir, name, fd, fi, &n, &st);
	node_put(dir);
	if (err) {
		fuse_reply_err(req, -err);
		return;
	}
	entry_fill(&e, n, &st);
	if (fuse_reply_create(req, &e, fi)) {
		file_handle_free(fi->fh);
		node_forget(e.ino, 1);
	}
}
