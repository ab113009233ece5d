/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes are asked for at each open, see cto.c.
 */
#ifndef _EXTFUSE_CTO_H
#define _EXTFUSE_CTO_H

#include "slots.h"

int extfuse_cto_ask(struct extfuse_conn *xc, struct fuse_args *args);
void extfuse_cto_said(struct extfuse_conn *xc, struct inode *inode, u64 stamp, const struct fuse_attr *attr);

/* A synchronous request begins: 0, or the error that its open has. */
static __always_inline int extfuse_cto_begin(struct extfuse_conn *xc, struct fuse_args *args)
{
	if (likely(args->opcode != FUSE_OPEN && args->opcode != FUSE_OPENDIR))
		return 0;
	return READ_ONCE(xc->cto) ? extfuse_cto_ask(xc, args) : 0;
}

/* Has an open found, since the name was known, that its directory has changed?  Also asked in RCU walk. */
static inline bool extfuse_name_is_old(const struct extfuse_conn *xc, const struct dentry *entry, u64 known)
{
	struct inode *dir;
	bool old;

	if (likely(!READ_ONCE(xc->cto)))
		return false;
	rcu_read_lock();
	dir = d_inode_rcu(READ_ONCE(entry->d_parent));
	old = !dir || !extfuse_slot_fresh(xc, extfuse_slot_of_names(get_node_id(dir)), known);
	rcu_read_unlock();
	return old;
}

#endif /* _EXTFUSE_CTO_H */
