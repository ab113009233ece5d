/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reply tells the kernel, see learn.c.
 */
#ifndef _EXTFUSE_LEARN_H
#define _EXTFUSE_LEARN_H

/* @ret: what the stock way made of the reply, not an error. */
void extfuse_reply_learn(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret);

#endif /* _EXTFUSE_LEARN_H */
