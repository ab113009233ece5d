/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching, see attach.c.
 */
#ifndef _EXTFUSE_ATTACH_H
#define _EXTFUSE_ATTACH_H

#include "helpers.h"

int extfuse_attach_is_valid(const struct extfuse_ioc_attach *arg);
int extfuse_attach_log(const struct extfuse_ioc_attach *arg, const struct extfuse_log *log);
long extfuse_ioctl_attach(struct fuse_conn *fc, struct extfuse_ioc_attach *arg, void __user *uarg,
			  bool replace);

#endif /* _EXTFUSE_ATTACH_H */
