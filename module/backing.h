/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backing objects, see backing.c.
 */
#ifndef _EXTFUSE_BACKING_H
#define _EXTFUSE_BACKING_H

#include <linux/llist.h>
#include <linux/path.h>
#include <linux/rhashtable-types.h>

/* Small: a mirror has one for each node that the kernel knows. */
struct extfuse_backing {
	struct rhash_head hash;
	u64 nodeid;
	u64 generation;
	struct path path;
	const struct cred *cred;	/* of who opened the descriptor that it came by: shared */
	refcount_t refs;
	union {				/* once there are no references */
		struct rcu_head rcu;
		struct llist_node unseen;
	};
};

struct extfuse_backing *extfuse_backing_get(struct extfuse_conn *xc, u64 nodeid);
void extfuse_backing_put(struct extfuse_backing *backing);
bool extfuse_backing_is_of(const struct extfuse_backing *backing, const struct inode *inode);
struct extfuse_backing *extfuse_backing_find(struct extfuse_conn *xc,
					     bool (*wanted)(const struct extfuse_backing *, void *),
					     void *arg);

long extfuse_ioctl_backing_add(struct fuse_conn *fc, struct extfuse_conn *xc,
			       const struct extfuse_ioc_backing *arg, const struct cred *cred);
long extfuse_ioctl_backing_drop(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg);
long extfuse_ioctl_backing_open(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg,
				struct extfuse_ioc_backing __user *uarg);
long extfuse_ioctl_backing_list(struct extfuse_conn *xc, struct extfuse_ioc_backing_list *arg,
				void __user *uarg);
long extfuse_ioctl_backing_limit(struct extfuse_conn *xc,
				 const struct extfuse_ioc_backing_limit *arg);

#endif /* _EXTFUSE_BACKING_H */
