// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The maps of what is attached to a connection: the module tells the programs, and the kernel
 * the maps that they use.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* As many as the kernel lets a program have. */
#define MAPS_MAX	64

struct each {
	__u32 seen[EXTFUSE_PROGS_MAX * MAPS_MAX];
	unsigned int nseen;
	int (*fn)(void *arg, int map, const struct bpf_map_info *info);
	void *arg;
};

/* Programs share maps. */
static bool is_new(struct each *each, __u32 id)
{
	for (unsigned int i = 0; i < each->nseen; i++)
		if (each->seen[i] == id)
			return false;
	each->seen[each->nseen++] = id;
	return true;
}

static int map_call(struct each *each, __u32 id)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int ret, fd;

	if (!is_new(each, id))
		return 0;
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return -errno;
	ret = bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : each->fn(each->arg, fd, &info);
	close(fd);
	return ret;
}

static int program_maps(struct each *each, __u32 id)
{
	__u32 ids[MAPS_MAX], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX, .map_ids = (__u64)(unsigned long)ids };
	int fd = bpf_prog_get_fd_by_id(id), ret;

	if (fd < 0)
		return -errno;
	ret = bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : 0;
	close(fd);
	if (!ret && info.nr_map_ids > MAPS_MAX)
		ret = -E2BIG;
	for (__u32 i = 0; !ret && i < info.nr_map_ids; i++)
		ret = map_call(each, ids[i]);
	return ret;
}

int extfuse_conn__each_map(int fd, __u32 conn, int (*fn)(void *arg, int map, const struct bpf_map_info *info),
			   void *arg)
{
	__u32 ids[EXTFUSE_PROGS_MAX];
	struct extfuse_ioc_progs ioc = {
		.conn = conn, .count = EXTFUSE_PROGS_MAX, .ids = (__u64)(unsigned long)ids,
	};
	struct each each = { .fn = fn, .arg = arg };
	int ret = ioctl(fd, EXTFUSE_IOC_PROGS, &ioc) ? -errno : 0;

	for (__u32 i = 0; !ret && i < ioc.count; i++)
		ret = program_maps(&each, ids[i]);
	return ret;
}
