/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of version 1 of the ABI as they were when it was made, for
 * attach/sizes.c: never changed with <linux/extfuse.h>.
 */
#ifndef VERSION1_H
#define VERSION1_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct v1_attach {
	__u32	conn;
	__u32	flags;
	__u32	nprogs;
	__u32	log_size;
	__aligned_u64 progs;
	__aligned_u64 log;
	__u64	max_attr_valid;
	__u64	max_entry_valid;
	char	name[32];
	__u64	id;
	__u64	reserved[3];
};

struct v1_detach {
	__u32	conn;
	__u32	flags;
	__u64	reserved[3];
};

struct v1_query {
	__u32	conn;
	__u32	flags;
	__u32	state;
	__u32	attach_flags;
	__u64	request_ops;
	__u64	reply_ops;
	__u64	id;
	__u64	max_attr_valid;
	__u64	max_entry_valid;
	__u64	clock;
	char	name[32];
	__u64	reserved[4];
};

struct v1_stats {
	__u32	conn;
	__u32	flags;
	__u32	count;
	__u32	op_size;
	__aligned_u64 ops;
	__u64	reserved[3];
};

struct v1_backing {
	__u32	conn;
	__u32	flags;
	__u64	nodeid;
	__u64	generation;
	__s32	fd;
	__u32	reserved[3];
};

struct v1_backing_list {
	__u32	conn;
	__u32	flags;
	__u32	count;
	__u32	max;
	__u64	total;
	__aligned_u64 infos;
	__u64	reserved[2];
};

struct v1_backing_limit {
	__u32	conn;
	__u32	flags;
	__u32	max;
	__u32	reserved;
};

#define V1_ATTACH	_IOWR(0xEF, 0, struct v1_attach)
#define V1_REPLACE	_IOWR(0xEF, 1, struct v1_attach)
#define V1_DETACH	_IOW(0xEF, 2, struct v1_detach)
#define V1_QUERY	_IOWR(0xEF, 3, struct v1_query)
#define V1_STATS	_IOWR(0xEF, 4, struct v1_stats)
#define V1_BACKING_ADD	_IOW(0xEF, 5, struct v1_backing)
#define V1_BACKING_DROP	_IOW(0xEF, 6, struct v1_backing)
#define V1_BACKING_OPEN	_IOWR(0xEF, 7, struct v1_backing)
#define V1_BACKING_LIST	_IOWR(0xEF, 8, struct v1_backing_list)
#define V1_BACKING_LIMIT _IOW(0xEF, 9, struct v1_backing_limit)

#endif /* VERSION1_H */
