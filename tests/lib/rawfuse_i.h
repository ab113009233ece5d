/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the daemon for tests share: rawfuse.c (life, threads, dispatch), rawreply.c (replies), rawmount.c
 * (mounting), rawtree.c (the tree in memory), rawops.c, rawnames.c, rawdata.c and rawxattr.c (the usual answers),
 * rawcontrol.c (what a case does to it while it runs).
 */
#ifndef RAWFUSE_I_H
#define RAWFUSE_I_H

#include "case.h"
#include "rawfuse.h"

#define RAW_LOG		4096	/* a power of two */

struct raw_name {
	uint64_t parent, node;
	char name[256];
	bool gone;
};

struct raw_waiting {
	struct raw_waiting *next;
	struct raw_req *req;
};

struct raw_op {
	raw_handler handler;
	void *handler_data;
	raw_editor editor;
	void *editor_data;
	uint64_t count;
	bool hold;
	unsigned int held;
	unsigned int delay_ms;
};

struct rawfuse {
	struct raw_opts opts;
	char dir[4096];
	pid_t owner;			/* a child that exits has nothing to clear away */
	int fd;
	int wake;			/* eventfd: threads end */
	bool mounted, init_done;
	pid_t holder;			/* userns: the process that the mount lives with */
	unsigned int conn;
	uint64_t init_flags;
	uint32_t minor;
	struct raw_req *init_req;	/* no_init: waits for raw_init() */
	pthread_t *threads;
	unsigned int nthreads;

	pthread_mutex_t lock;		/* all below, and the nodes */
	struct raw_op op[RAW_OPCODES];
	struct raw_waiting *waiting;
	struct {
		uint32_t opcode;
		uint64_t nodeid;
	} log[RAW_LOG];
	uint64_t nlog;
	uint64_t complaints;
	struct raw_node **nodes;	/* by id */
	uint64_t nnodes;
	struct raw_name *names;		/* the index is a directory offset, so names keep their place */
	uint64_t nnames;
};

/* rawfuse.c; the lock is not held */
void raw_serve(struct raw_req *req);
void raw_complain(struct rawfuse *rf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* rawmount.c */
void mount_start(struct rawfuse *rf);		/* opens the device, mounts, finds the connection's number */
void mount_end(struct rawfuse *rf);
void mount_give_up(struct rawfuse *rf);		/* whoever uses it */

/* rawtree.c; the lock is held */
void tree_start(struct rawfuse *rf);
void tree_free(struct rawfuse *rf);
struct raw_node *tree_node(struct rawfuse *rf, uint64_t id);
struct raw_name *tree_name(struct rawfuse *rf, uint64_t parent, const char *name);
struct raw_node *tree_new(struct rawfuse *rf, mode_t mode);
void tree_add(struct rawfuse *rf, uint64_t parent, const char *name, struct raw_node *node);
void tree_del(struct rawfuse *rf, struct raw_name *name);
void tree_resize(struct raw_node *node, uint64_t size);
void tree_touch(struct raw_node *node);
bool tree_empty(struct rawfuse *rf, uint64_t dir);

/* rawops.c */
int ops_default(struct raw_req *req);

/* rawnames.c */
int ops_lookup(struct raw_req *req);
int ops_mknod(struct raw_req *req);
int ops_mkdir(struct raw_req *req);
int ops_symlink(struct raw_req *req);
int ops_create(struct raw_req *req);
int ops_tmpfile(struct raw_req *req);
int ops_unlink(struct raw_req *req);
int ops_rename(struct raw_req *req);
int ops_link(struct raw_req *req);
int ops_readdir(struct raw_req *req);

/* rawdata.c */
int ops_open(struct raw_req *req);
int ops_read(struct raw_req *req);
int ops_write(struct raw_req *req);
int ops_getlk(struct raw_req *req);
int ops_bmap(struct raw_req *req);
int ops_ioctl(struct raw_req *req);
int ops_poll(struct raw_req *req);
int ops_fallocate(struct raw_req *req);
int ops_lseek(struct raw_req *req);
int ops_copy_file_range(struct raw_req *req);

/* rawxattr.c */
int ops_setxattr(struct raw_req *req);
int ops_getxattr(struct raw_req *req);
int ops_listxattr(struct raw_req *req);
int ops_removexattr(struct raw_req *req);

static inline struct raw_node *this_node(struct raw_req *req)
{
	return tree_node(req->rf, req->in->nodeid);
}

static inline int reply_ok(struct raw_req *req)
{
	raw_reply(req, 0, NULL, 0);
	return RAW_DONE;
}

/* Takes a count when a reply makes a node known; undone when it cannot be sent. */
int raw_reply_nodes(struct raw_req *req, const void *out, size_t len, const uint64_t *nodes, unsigned int n);

#endif
