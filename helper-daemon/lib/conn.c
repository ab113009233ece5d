// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What can be asked of a connection, whatever is attached to it.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

int extfuse_conn__detach(int fd, __u32 conn)
{
	struct extfuse_ioc_detach ioc = { .conn = conn };

	return ioctl(fd, EXTFUSE_IOC_DETACH, &ioc) ? -errno : 0;
}

int extfuse_conn__trace(int fd, const struct extfuse_ioc_trace *trace)
{
	int out = ioctl(fd, EXTFUSE_IOC_TRACE, trace);

	return out < 0 ? -errno : out;
}

int extfuse_conn__query(int fd, __u32 conn, struct extfuse_ioc_query *query)
{
	memset(query, 0, sizeof(*query));
	query->conn = conn;
	if (ioctl(fd, EXTFUSE_IOC_QUERY, query))
		return -errno;
	/* Shown to users: never beyond its end. */
	query->name[sizeof(query->name) - 1] = '\0';
	return 0;
}

int extfuse_conn__stats(int fd, __u32 conn, struct extfuse_op_stats *ops)
{
	struct extfuse_ioc_stats ioc = {
		.conn = conn,
		.count = EXTFUSE_OPCODES,
		.op_size = sizeof(*ops),
		.ops = (__u64)(unsigned long)ops,
	};

	/* A module with fewer opcodes writes fewer: the rest is zero. */
	memset(ops, 0, EXTFUSE_OPCODES * sizeof(*ops));
	return ioctl(fd, EXTFUSE_IOC_STATS, &ioc) ? -errno : 0;
}
