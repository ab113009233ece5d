/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator is told of a connection, see query.c.
 */
#ifndef _EXTFUSE_QUERY_H
#define _EXTFUSE_QUERY_H

long extfuse_ioctl_query(struct fuse_conn *fc, struct extfuse_conn *xc, struct extfuse_ioc_query *arg);
long extfuse_ioctl_progs(struct extfuse_conn *xc, struct extfuse_ioc_progs *arg);

#endif /* _EXTFUSE_QUERY_H */
