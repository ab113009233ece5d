/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mirror: a libfuse file system that shows a directory as it is.
 *
 * The kernel checks permissions (the mount has default_permissions), and the file
 * system below checks them again: what changes or opens something is done with
 * the caller's rights and no others (creds.c).
 * Submounts of the directory are not shown, as with a plain bind mount
 * (mount/source.c): that also keeps a mirror of "/" from meeting itself.
 */
#ifndef EXTFUSE_MIRROR_H
#define EXTFUSE_MIRROR_H

#define FUSE_USE_VERSION 312

#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct mirror_options {
	const char *source;	/* its name, for messages */
	int source_fd;		/* the directory */
	unsigned int conn;	/* the connection's number */
	double attr_timeout;
	double entry_timeout;
	double negative_timeout;
	bool made_when_read;	/* files are made for their reader (/proc, /sys): the mirror finds out, and keeps nothing */
	bool backing;		/* the mount is for passthrough: give the kernel backing objects */
	bool tree;		/* and let names be the kernel's */
	bool debug;		/* libfuse prints each request */
	const char *log;	/* log_target() once INIT is answered; NULL: stays */
};

/*
 * What the mirror serves; set once before the first request.
 *
 * A process is one mirror for as long as it lives.  So this, the table of nodes (node.c), the pool of
 * threads (workers.c), the list of opens that wait (lease.c), the pruner (prune.c), the connection
 * (backing.c), and /proc and the daemon's own capabilities (caller.c, creds.c) are variables of their
 * files: each is the state of the process, with its lock, and not the argument of one call.  What
 * belongs to one request is the thread's own (creds.c), because libfuse calls the operations.
 */
extern struct mirror_options mirror;

/*
 * Serves the connection behind descriptor @fd until it is unmounted or a
 * signal ends it.  Returns the exit status of the process.
 */
int mirror_serve(const struct mirror_options *opts, int fd);

/*
 * workers.c: the threads that serve.  The process gets SIGRTMIN when the
 * connection has ended.
 */
int workers_start(struct fuse_session *se, int fd);

/*
 * The mount has been made, so nobody waits for messages any more: leaves the terminal,
 * or the pipe that a script reads, and opens the log.
 */
void mirror_go_background(void);

/* Signals that end the mirror or ask for its counters are blocked from here on. */
void mirror_block_signals(void);

/*
 * node.c: one node for each inode that the kernel knows.
 *
 * A node pins its inode with an O_PATH descriptor, so that (device, inode)
 * names it alone for as long as it lives; hard links share it (on an overlay each
 * name of such a file has a node).  Its id is its
 * place in a table with the number of times that the place was used, so an id
 * is never given twice and one that the kernel has forgotten is recognised.
 *
 * In a tree the kernel has nodes of its own (EXTFUSE_NODE_KERNEL), which are in no table:
 * each request opens what it names.
 */
struct node {
	int fd;
	dev_t dev;
	ino_t ino;
	fuse_ino_t id;
	uint64_t nlookup;	/* what the kernel may forget; under the table's lock */
	unsigned int refs;	/* requests at work, plus one while nlookup; same lock */
	struct node *next;	/* hash chain; same lock */
	/* Data as of the last open, see file_keeps_cache(). */
	pthread_mutex_t lock;
	struct timespec mtime;
	struct timespec ctime;
	off_t size;
	bool stable;
	/* The kernel was offered a backing object, and took it.  Neither changes later. */
	bool offered;
	bool backed;
	/* What MKNOD has opened for the OPEN that follows, see file_keep(); -1: nothing. */
	int made_fd;
	pid_t made_by;
};

/* Ids are never given twice: one generation is enough. */
#define NODE_GENERATION	0

int nodes_init(int root_fd);
/* For node.c and tree.c: without a place in the table; and offered to the kernel. */
struct node *node_new(int fd, const struct stat *st);
void node_offer(struct node *n, mode_t mode);
/* tree.c: a node of the kernel's. */
struct node *node_open(fuse_ino_t id);
/* Once, before INIT is answered and after: a tree is taken before, all else after. */
void nodes_offer_tree(void);
void nodes_offer_root(void);

/* The node of a request, with a reference; NULL (and a complaint) if forgotten. */
struct node *node_get(fuse_ino_t id, const char *op);
void node_put(struct node *n);
void node_hold(struct node *n);		/* one reference more */

/*
 * The node for a name in a directory, with one more lookup count.  @fd, if not
 * negative, is an open descriptor of the object and stands for the name.
 * Returns 0 or -errno; *@st is what the object has now.  It is done as the
 * daemon itself, so what needs the caller's rights comes before.
 */
int node_find(struct node *dir, const char *name, int fd, struct node **out, struct stat *st);

/* Takes @count lookup counts back, and complains if the kernel did not have so many. */
void node_forget(fuse_ino_t id, uint64_t count);

/* Logs one line: how many nodes, lookups, forgets, and violations. */
void nodes_report(const char *when);

/*
 * number.c: may another file have the number, too?  Then one is recognised by its name:
 * do both O_PATH descriptors have the same?
 */
void number_init(int root_fd);
bool number_is_enough(const struct stat *st);
bool number_same_name(int a, int b);

/*
 * backing.c: the files behind nodes, for the kernel to serve them itself; only where
 * mirror.backing says so.  backing_add() and backing_add_tree() return whether the
 * kernel took it.  backing_open() returns a descriptor of a node of the kernel's that a
 * request at work names, or -errno.
 */
void backing_init(int fd);
bool backing_add(fuse_ino_t id, int path_fd, mode_t mode);
bool backing_add_tree(int path_fd);
void backing_drop(fuse_ino_t id);
int backing_open(fuse_ino_t id);

/*
 * creds.c: whose rights a thread has.  creds_begin() settles it for a request of
 * @have bytes before its operation is called; if it fails, nothing may be done.
 */
int creds_init(void);
int creds_thread_init(void);
int creds_begin(const struct fuse_in_header *head, size_t have);
/* The user that a request is for; before creds_begin(). */
uint32_t creds_user(const struct fuse_in_header *head, size_t have);
/* Is it a write back from the page cache, for which no task has asked?  Before creds_begin(), too. */
bool creds_writes_back(const struct fuse_in_header *head, size_t have);
/* For the part of a caller's operation that the daemon must do as itself. */
int creds_be_self(void);

/* The header of this thread's request. */
const struct fuse_in_header *creds_request(void);

/*
 * lease.c: an open that would have to wait for a lease below is tried again until it
 * need not wait.  False: it has waited long enough, or cannot; answer the request.
 */
int lease_start(void);
bool lease_wait_open(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi);
bool lease_wait_setattr(fuse_req_t req, fuse_ino_t ino, const struct stat *attr, int valid);
/* open() that fails with EWOULDBLOCK where it would have to wait for a lease. */
int open_at_once(const char *path, int flags);

/*
 * prune.c: descriptors do not run out because the kernel remembers much.
 * prune_look() is told of each descriptor that is new; false: it is one of the last,
 * and not for a node.  prune_wait() is told that there was none; it returns whether it is
 * worth another try.
 */
int prune_start(void);
bool prune_look(int fd);
bool prune_wait(void);

/* Whose handle it is. */
struct opener {
	uint32_t uid;
	uint32_t gid;
	uint64_t caps;
};
/* The caller of this thread's request. */
struct opener creds_opener(void);
/* Does the kernel, not the caller, ask to clear set-id bits? */
bool creds_asks_for_kill(void);
/* Is the caller in the daemon's user namespace?  Then what it lacks is what the kernel has found lacking. */
bool creds_caller_is_near(fuse_req_t req);
/* Does the caller wait only to end?  Other signals do not end the wait: few programs expect an interrupted open(). */
bool caller_is_killed(const struct fuse_in_header *head);
/* Of the handle with this number: ops_file.c. */
const struct opener *file_opener(uint64_t fh);

/* Path that leads to the object of an O_PATH descriptor. */
struct fd_path {
	char name[32];
};
const char *fd_path(struct fd_path *p, int fd);

/* Fills an entry for a reply; the count was taken by node_find(). */
void entry_fill(struct fuse_entry_param *e, const struct node *n, const struct stat *st);

/* The operations, by file: ops_name.c, ops_attr.c, ops_file.c, ops_dir.c. */
void mirror_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void mirror_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup);
void mirror_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void mirror_readlink(fuse_req_t req, fuse_ino_t ino);
void mirror_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void mirror_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void mirror_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void mirror_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void mirror_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void mirror_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
		   const char *newname, unsigned int flags);
void mirror_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);

void mirror_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int valid,
		    struct fuse_file_info *fi);
void mirror_statfs(fuse_req_t req, fuse_ino_t ino);
void mirror_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		     size_t size, int flags);
void mirror_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void mirror_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void mirror_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);
void mirror_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		  struct fuse_file_info *fi, unsigned int flags, const void *in_buf,
		  size_t in_size, size_t out_size);

void mirror_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		   struct fuse_file_info *fi);
void mirror_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void mirror_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in, off_t off,
		      struct fuse_file_info *fi);
void mirror_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void mirror_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		      struct fuse_file_info *fi);
void mirror_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi);
void mirror_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			    struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			    struct fuse_file_info *fi_out, size_t len, int flags);

void mirror_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi);
void mirror_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			struct fuse_file_info *fi);
void mirror_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mirror_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
int dir_handle_fd(const struct fuse_file_info *fi);
int file_handle_fd(const struct fuse_file_info *fi);
/* A handle for @fd, with the reference that the caller has to @n; 0: no memory. */
uint64_t file_handle_new(struct node *n, int fd);
void file_handle_free(uint64_t fh);
/* MKNOD has made the file and opened it; @fd serves its creator if that opens the file next.  Takes @fd. */
void file_keep(fuse_req_t req, struct node *n, int fd);

/* tmpfile.c: O_TMPFILE, which libfuse before 3.17 does not know. */
bool tmpfile_request(const struct fuse_buf *buf, int dev_fd);

#endif /* EXTFUSE_MIRROR_H */
