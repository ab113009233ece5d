/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon may open while it is at work, see upcall.c.
 */
#ifndef _EXTFUSE_TREE_UPCALL_H
#define _EXTFUSE_TREE_UPCALL_H

#include "tree/tree.h"

/* Inodes of one request: the node or directory, the other directory, two children. */
#define EXTFUSE_UPCALL_NODES	4

ssize_t extfuse_upcall_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args);
bool extfuse_upcall_find(struct extfuse_conn *xc, u64 nodeid, struct path *path);

#endif /* _EXTFUSE_TREE_UPCALL_H */
