/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that are compared with the daemon's, see shadow.c.
 */
#ifndef _EXTFUSE_SHADOW_H
#define _EXTFUSE_SHADOW_H

void extfuse_shadow_keep(struct extfuse_run *run, int verdict);
void extfuse_shadow_drop(struct fuse_args *args);
void extfuse_shadow_compare(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret);

#endif /* _EXTFUSE_SHADOW_H */
