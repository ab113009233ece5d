/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backing objects, see backing.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_BACKING_H
#define _EXTFUSE_PASSTHROUGH_BACKING_H

#include <linux/llist.h>
#include <linux/path.h>
#include <linux/rhashtable.h>

/* Small: a mirror has one for each node that the kernel knows. */
struct extfuse_backing {
	struct rhash_head hash;
	u64 nodeid;
	u64 generation;
	struct path path;
	const struct cred *cred;	/* of the opener of the descriptor that it came by: shared */
	refcount_t refs;
	union {				/* once there are no references */
		struct rcu_head rcu;
		struct llist_node unseen;
	};
};

struct extfuse_backings {
	struct rhashtable table;
	atomic_t count;
	refcount_t refs;		/* the connection's, and of each walk through them */
	struct work_struct free_work;
};

/* The object of a node, or NULL; for as long as RCU is held. */
struct extfuse_backing *extfuse_backing_peek(struct extfuse_conn *xc, const u64 *nodeid);
struct extfuse_backing *extfuse_backing_get(struct extfuse_conn *xc, u64 nodeid);
void extfuse_backing_put(struct extfuse_backing *backing);
bool extfuse_backing_is_of(const struct extfuse_backing *backing, const struct inode *inode);
struct extfuse_backing *extfuse_backing_find(struct extfuse_conn *xc,
					     bool (*wanted)(const struct extfuse_backing *, void *),
					     void *arg);

bool extfuse_has_backing(struct extfuse_conn *xc, u64 nodeid);

/* Of a connection: they go at once at the abort. */
struct extfuse_backings *extfuse_backings_get(struct extfuse_conn *xc);
void extfuse_backings_put(struct extfuse_backings *all);
void extfuse_backings_abort(struct extfuse_conn *xc);
bool extfuse_backings_full(struct extfuse_conn *xc);

/* With one reference; NULL: no memory.  Once it is published that is the table's. */
struct extfuse_backing *extfuse_backing_make(const struct extfuse_ioc_backing *arg,
					     const struct path *path, const struct cred *cred);
int extfuse_backing_publish(struct fuse_conn *fc, struct extfuse_conn *xc,
			    struct extfuse_backing *backing);
int extfuse_backings_begin(struct fuse_conn *fc, struct extfuse_conn *xc);
int extfuse_backing_remove(struct extfuse_conn *xc, u64 nodeid, u64 generation);

int extfuse_backing_init(void);
void extfuse_backing_exit(void);

#endif /* _EXTFUSE_PASSTHROUGH_BACKING_H */
