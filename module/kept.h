/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles that stay open for a while when their file is closed, see kept.c.
 */
#ifndef _EXTFUSE_KEPT_H
#define _EXTFUSE_KEPT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define EXTFUSE_KEPT_HEADS	256

/* Handles with other flags are read in ways of their own. */
#define EXTFUSE_FOPEN_PLAIN	(FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR | FOPEN_NOFLUSH | FOPEN_PARALLEL_DIRECT_WRITES)

/* Those of a connection. */
struct extfuse_kept {
	spinlock_t lock;		/* a leaf; for all but the last three */
	unsigned int n;
	unsigned int max;
	bool closed;			/* the mount goes: none is kept any more */
	bool all;			/* the work gives all of them back */
	struct list_head order;		/* the one that was kept first, first */
	struct hlist_head by_slot[EXTFUSE_KEPT_HEADS];	/* of their nodes' attributes */
	struct delayed_work work;
	atomic_t going;			/* RELEASEs that were sent, and are not over */
	wait_queue_head_t gone;
};

struct shrink_control;
struct super_block;

/* kept.c */
bool extfuse_release_is_kept(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args);
ssize_t extfuse_kept_open(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args);
bool extfuse_flush_is_idle(const struct extfuse_conn *xc, const struct fuse_args *args);

/* kept_pool.c */
void extfuse_kept_init(struct extfuse_kept *pool);
void extfuse_kept_moved(struct extfuse_conn *xc, const struct fuse_args *args, bool wait);
bool extfuse_kept_make_room(struct extfuse_conn *xc, const struct fuse_args *args, bool *flushed);
void extfuse_kept_gone(struct extfuse_conn *xc, const struct fuse_args *args);

void extfuse_kept_give_all(struct extfuse_conn *xc);
void extfuse_kept_soon(struct extfuse_conn *xc, bool all);

/* Call sites: the mount goes; memory is needed. */
void extfuse_kept_end(struct fuse_conn *fc);
long extfuse_kept_count(struct super_block *sb, struct shrink_control *sc);
long extfuse_kept_shrink(struct super_block *sb, struct shrink_control *sc);

#endif /* _EXTFUSE_KEPT_H */
