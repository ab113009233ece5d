/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites: what a reply names becomes an inode, see reply.c.
 */
#ifndef _EXTFUSE_TREE_REPLY_H
#define _EXTFUSE_TREE_REPLY_H

struct inode *extfuse_node_of_reply(struct super_block *sb, struct fuse_args *args, u64 nodeid);

ssize_t extfuse_reply_confirm(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, bool moved);

/* In place of fuse_iget(); what follows the node id differs between series. */
#define extfuse_iget(args, sb, nodeid, ...)						\
	(((sb)->s_stack_depth ? extfuse_node_of_reply(sb, args, nodeid) : NULL) ?:	\
	 fuse_iget(sb, nodeid, __VA_ARGS__))

#endif /* _EXTFUSE_TREE_REPLY_H */
