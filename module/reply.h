/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reply phase, see reply.c.
 */
#ifndef _EXTFUSE_REPLY_H
#define _EXTFUSE_REPLY_H

ssize_t extfuse_reply(struct extfuse_conn *xc, struct fuse_mount *fm,
		      struct fuse_args *args, ssize_t ret, bool background);

#endif /* _EXTFUSE_REPLY_H */
