/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon asks about backing objects, see backing_ioctl.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_BACKING_IOCTL_H
#define _EXTFUSE_PASSTHROUGH_BACKING_IOCTL_H

long extfuse_ioctl_backing_add(struct fuse_conn *fc, struct extfuse_conn *xc,
			       const struct extfuse_ioc_backing *arg, const struct cred *cred);
long extfuse_ioctl_backing_drop(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg);
long extfuse_ioctl_backing_open(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg,
				struct extfuse_ioc_backing __user *uarg, const struct cred *cred);
/* Fills @arg; the caller gives it to user space. */
long extfuse_ioctl_backing_list(struct extfuse_conn *xc, struct extfuse_ioc_backing_list *arg);
long extfuse_ioctl_backing_limit(struct extfuse_conn *xc,
				 const struct extfuse_ioc_backing_limit *arg);

#endif /* _EXTFUSE_PASSTHROUGH_BACKING_IOCTL_H */
