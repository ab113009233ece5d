/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kept handles are, and how they go back: see kept_pool.c.
 */
#ifndef _EXTFUSE_KEPT_POOL_H
#define _EXTFUSE_KEPT_POOL_H

#include "kept.h"

/* A handle that is open, and whose file is closed. */
struct extfuse_kept_handle {
	refcount_t refs;		/* once its RELEASE is sent: that, and who has sent it */
	bool over;			/* it has been answered, or never will be */
	struct list_head order;
	struct hlist_node by_slot;
	struct fuse_mount *fm;
	struct fuse_args *args;		/* of the RELEASE that is held back */
	u64 set_id;
	u64 who;
	u64 stamp;			/* the clock when it was opened */
	unsigned long until;		/* jiffies */
	u32 flags;			/* of its OPEN */
	u32 open_flags;			/* FOPEN_* */
	u16 slot;			/* of its node's attributes */
	bool lists;			/* as struct extfuse_handle has them */
	bool keeps;
};

/* What an OPEN must have in common with the handle that it gets. */
struct extfuse_kept_key {
	u64 nodeid;
	u64 who;
	u32 opcode;			/* of the RELEASE */
	u32 flags;
};

u64 extfuse_set_keeps(const struct extfuse_conn *xc, u64 *id);
bool extfuse_pool_put(struct extfuse_conn *xc, struct extfuse_kept_handle *kept);
struct extfuse_kept_handle *extfuse_pool_find(struct extfuse_conn *xc, const struct extfuse_kept_key *key);

#endif /* _EXTFUSE_KEPT_POOL_H */
