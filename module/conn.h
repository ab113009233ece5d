/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of struct extfuse_conn, see conn.c.
 */
#ifndef _EXTFUSE_CONN_H
#define _EXTFUSE_CONN_H

/* Makes it, if it is not there; NULL: no memory. */
struct extfuse_conn *extfuse_conn_make(struct fuse_conn *fc);
/*
 * The same, for no connection yet: the clock stands at zero, and slots can be looked at, and not
 * moved.  Where it becomes that of one extfuse_conn_free() frees it.
 */
struct extfuse_conn *extfuse_conn_alloc(void);
/* A file is about to be locked on a connection that has nothing of ours. */
void extfuse_conn_lock_unseen(struct fuse_conn *fc);

#endif /* _EXTFUSE_CONN_H */
