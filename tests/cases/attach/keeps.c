// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an extension gets the caches of the attached one if name, flags, options, constants and layout are the same, and else new ones; the programs are listed
 * needs: extfuse root build:tests/bpf/warm.bpf.o
 * timeout: 60
 */
#include <limits.h>

#include "conn.h"

#define MINUTE	60000000000ULL

static struct conn conn;

/* Builds of one extension are files of one name. */
static struct extfuse_ext *ext_of(const char *build, const char *name, const struct extfuse_options *opts)
{
	char command[PATH_MAX + 256], path[256], err[512] = "";
	struct extfuse_ext *ext;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", build, name);
	snprintf(command, sizeof(command), "mkdir -p %s && cp %s/tests/bpf/%s.bpf.o %s", build, getenv("EXTFUSE_BUILD"), build, path);
	CHECK(!system(command), "%s", command);
	snprintf(command, sizeof(command), "./%s", path);
	CHECK(!extfuse_ext__open(&ext, command, opts, err, sizeof(err)), "%s", err);
	return ext;
}

static uint32_t cache_id(struct extfuse_ext *ext)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	struct bpf_map *map;

	bpf_object__for_each_map(map, extfuse_ext__object(ext)) {
		if (strncmp(bpf_map__name(map), "cache_", 6))
			continue;
		CHECK(!bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size), "the map's number");
	}
	CHECK(info.id, "a cache");
	return info.id;
}

/* Takes the place of what is attached; kept: @kept caches, which are those that were there. */
static uint32_t replace(struct extfuse_ext *ext, int kept, uint32_t before)
{
	char err[512] = "";
	uint32_t id;

	EXPECT(kept, extfuse_ext__keep_caches(ext, conn.fd, 0));
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	EXPECT(-EINVAL, extfuse_ext__keep_caches(ext, conn.fd, 0));
	CHECK(!extfuse_ext__replace(ext, conn.fd, 0, err, sizeof(err)), "%s", err);
	id = cache_id(ext);
	CHECK((id == before) == !!kept, "kept %d: the cache was map %u, and is map %u", kept, before, id);
	extfuse_ext__free(ext);
	return id;
}

static void listed(unsigned int n)
{
	uint32_t ids[EXTFUSE_PROGS_MAX + 1];
	struct extfuse_ioc_progs progs = { .count = 1, .ids = (uintptr_t)ids };
	unsigned int i;
	int fd;

	memset(ids, 0xff, sizeof(ids));
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &progs));
	CHECK(progs.count == 1 && progs.total == n && progs.id, "%u of %u", progs.count, progs.total);
	CHECK(ids[0] != ~0U && ids[1] == ~0U, "no more is written than there is room for");
	progs.count = ~0U;
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &progs));
	CHECK(progs.count == n && ids[n] == ~0U, "all of them: %u", progs.count);
	for (i = 0; i < n; i++) {
		fd = bpf_prog_get_fd_by_id(ids[i]);
		CHECK(fd >= 0, "program %u", ids[i]);
		close(fd);
	}
	progs.ids = 8;
	EXPECT(-EFAULT, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &progs));
	progs.flags = 1;
	EXPECT(-EINVAL, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &progs));
}

static int caches_of(struct extfuse_ext *ext)
{
	struct bpf_map *map;
	int n = 0;

	bpf_object__for_each_map(map, extfuse_ext__object(ext))
		n += !strncmp(bpf_map__name(map), "cache_", 6) && bpf_map__autocreate(map);
	return n;
}

/* Its caches are arrays, in which the seed of the load says where a name is. */
static void metacache(void)
{
	const struct extfuse_options opts = { .actimeo_ns = MINUTE, .xattrtimeo_ns = MINUTE };
	struct extfuse_ext *ext;
	char err[512] = "";

	for (int i = 0; i < 2; i++) {
		CHECK(!extfuse_ext__open(&ext, "metacache", &opts, err, sizeof(err)), "%s", err);
		CHECK(caches_of(ext) > 3, "%d caches", caches_of(ext));
		EXPECT(i ? caches_of(ext) : 0, extfuse_ext__keep_caches(ext, conn.fd, 0));
		CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
		CHECK(!extfuse_ext__replace(ext, conn.fd, 0, err, sizeof(err)), "%s", err);
		extfuse_ext__free(ext);
	}
}

int main(void)
{
	static const char *const others[] = { "warm-number", "warm-member", "warm-entries", "warm-map", "warm-policy", "warm-policy" };
	const struct extfuse_options minute = { .actimeo_ns = MINUTE }, longer = { .actimeo_ns = 2 * MINUTE };
	struct extfuse_options names = { .actimeo_ns = MINUTE, .names_dir = true };
	struct extfuse_ioc_progs none = { 0 };
	struct extfuse_ext *ext;
	char err[512] = "";
	uint32_t id;

	conn_mount(&conn, "m");
	EXPECT(-ENOENT, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &none));
	ext = ext_of("warm", "warm", &minute);
	EXPECT(0, extfuse_ext__keep_caches(ext, conn.fd, 0));
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, conn.fd, 0, err, sizeof(err)), "%s", err);
	id = cache_id(ext);
	extfuse_ext__free(ext);
	listed(2);

	/* Again and again, and a newer build. */
	id = replace(ext_of("warm", "warm", &minute), 1, id);
	id = replace(ext_of("warm-code", "warm", &minute), 1, id);
	listed(3);
	id = replace(ext_of("warm", "warm", &minute), 1, id);

	id = replace(ext_of("warm", "warm", &longer), 0, id);
	id = replace(ext_of("warm", "warm", &longer), 1, id);
	id = replace(ext_of("warm", "warm", &minute), 0, id);
	id = replace(ext_of("warm", "warm", &names), 0, id);
	id = replace(ext_of("warm", "warm", &minute), 0, id);
	id = replace(ext_of("warm", "other", &minute), 0, id);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		id = replace(ext_of("warm", "warm", &minute), 0, id);
		id = replace(ext_of(others[i], "warm", &minute), 0, id);
	}
	metacache();
	conn_detach(&conn);
	EXPECT(-ENOENT, conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &none));
	EXPECT(0, extfuse_ext__keep_caches(ext = ext_of("warm", "warm", &minute), conn.fd, 0));
	extfuse_ext__free(ext);
	conn_umount(&conn);
	return 0;
}
