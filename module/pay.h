/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is owed to the daemon for a reply that nobody gets, see pay.c.
 */
#ifndef _EXTFUSE_PAY_H
#define _EXTFUSE_PAY_H

int extfuse_pay_forget(struct fuse_conn *fc, u64 nodeid);
void extfuse_pay_forget_or_wait(struct fuse_mount *fm, u64 nodeid);
bool extfuse_reply_is_undoable(const struct fuse_args *args);
void extfuse_reply_pay_back(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret);
bool extfuse_reply_undo(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, u32 room);

#endif /* _EXTFUSE_PAY_H */
