/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel asks of what is below a node, see below.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_BELOW_H
#define _EXTFUSE_PASSTHROUGH_BELOW_H

bool extfuse_names_fold(struct extfuse_conn *xc, const struct fuse_args *args);
bool extfuse_backing_perm_same(struct extfuse_conn *xc, struct inode *inode);
bool extfuse_backing_is_readonly(struct extfuse_conn *xc, u64 nodeid, int mask);
bool extfuse_is_mapped_below(struct inode *inode);

#endif /* _EXTFUSE_PASSTHROUGH_BELOW_H */
