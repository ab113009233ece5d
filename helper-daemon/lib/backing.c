// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Backing objects: the files of another file system that are behind a daemon's nodes.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "internal.h"

int extfuse_backing__add(int fd, __u64 nodeid, __u64 generation, int path_fd)
{
	struct extfuse_ioc_backing ioc = {
		.nodeid = nodeid,
		.generation = generation,
		.fd = path_fd,
	};

	return ioctl(fd, EXTFUSE_IOC_BACKING_ADD, &ioc) ? -errno : 0;
}

int extfuse_backing__add_tree(int fd, int path_fd)
{
	struct extfuse_ioc_backing ioc = {
		.flags = EXTFUSE_BACKING_TREE,
		.nodeid = 1,	/* the root's, in FUSE */
		.fd = path_fd,
	};

	return ioctl(fd, EXTFUSE_IOC_BACKING_ADD, &ioc) ? -errno : 0;
}

int extfuse_backing__drop(int fd, __u64 nodeid, __u64 generation)
{
	struct extfuse_ioc_backing ioc = { .nodeid = nodeid, .generation = generation };

	return ioctl(fd, EXTFUSE_IOC_BACKING_DROP, &ioc) ? -errno : 0;
}

int extfuse_backing__open(int fd, __u64 nodeid, __u64 generation)
{
	struct extfuse_ioc_backing ioc = { .nodeid = nodeid, .generation = generation };

	return ioctl(fd, EXTFUSE_IOC_BACKING_OPEN, &ioc) ? -errno : ioc.fd;
}

int extfuse_backing__list(int fd, __u32 conn, struct extfuse_backing_info *infos, __u32 count,
			  __u64 *total)
{
	struct extfuse_ioc_backing_list ioc = {
		.conn = conn,
		.count = count,
		.infos = (__u64)(unsigned long)infos,
	};

	if (ioctl(fd, EXTFUSE_IOC_BACKING_LIST, &ioc))
		return -errno;
	if (total)
		*total = ioc.total;
	return ioc.count;
}

int extfuse_backing__limit(int fd, __u32 conn, __u32 max)
{
	struct extfuse_ioc_backing_limit ioc = { .conn = conn, .max = max };

	return ioctl(fd, EXTFUSE_IOC_BACKING_LIMIT, &ioc) ? -errno : 0;
}
