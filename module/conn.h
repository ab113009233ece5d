/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of struct extfuse_conn, see conn.c.
 */
#ifndef _EXTFUSE_CONN_H
#define _EXTFUSE_CONN_H

/* Makes it, if it is not there; NULL: no memory. */
struct extfuse_conn *extfuse_conn_make(struct fuse_conn *fc);

#endif /* _EXTFUSE_CONN_H */
