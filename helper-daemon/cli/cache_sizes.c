// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full caches are, see cache_sizes.h.  Caches are maps whose names begin with "cache_", see
 * <extfuse/bpf.h>.  In an array what is all zero has never been used.
 */
#include "cache_sizes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <extfuse/extfuse.h>

/* More than the elements of any bucket of a hash table, or the kernel gives none of them. */
#define BATCH	4096

struct batch {
	char *keys;
	char *values;
	char next[512];		/* where the next one begins: of a hash table a number, of an array a key */
};

static bool is_used(const char *value, size_t size)
{
	return *value || memcmp(value, value + 1, size - 1);
}

static __u64 used(const struct bpf_map_info *info, const char *values, __u32 n)
{
	__u64 count = 0;
	__u32 i;

	if (info->type != BPF_MAP_TYPE_ARRAY)
		return n;
	for (i = 0; i < n; i++)
		count += is_used(values + (size_t)i * info->value_size, info->value_size);
	return count;
}

static int batches_count(struct batch *b, int map, const struct bpf_map_info *info, __u64 *count)
{
	bool first = true;
	__u32 n;
	int err;

	do {
		n = BATCH;
		err = bpf_map_lookup_batch(map, first ? NULL : b->next, b->next, b->keys, b->values, &n, NULL) ? -errno : 0;
		if (err && err != -ENOENT)
			return err;
		*count += used(info, b->values, n);
		first = false;
	} while (!err);
	return 0;
}

static int entries_count(int map, const struct bpf_map_info *info, __u64 *count)
{
	struct batch b = { .keys = calloc(BATCH, info->key_size), .values = calloc(BATCH, info->value_size) };
	int err = -E2BIG;

	if (!b.keys || !b.values)
		err = -ENOMEM;
	else if (info->key_size <= sizeof(b.next) && info->value_size)
		err = batches_count(&b, map, info, count);
	free(b.keys);
	free(b.values);
	return err;
}

/* As the kernel charges it; 0: it does not say. */
static __u64 bytes_of(int map)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	}
	if (f)
		fclose(f);
	return bytes;
}

static int size_add(void *arg, int map, const struct bpf_map_info *info)
{
	struct cache_sizes *sizes = arg;
	struct cache_size *s;

	if (strncmp(info->name, "cache_", 6))
		return 0;
	s = realloc(sizes->sizes, (sizes->count + 1) * sizeof(*s));
	if (!s)
		return -ENOMEM;
	sizes->sizes = s;
	s += sizes->count;
	*s = (struct cache_size){ .max_entries = info->max_entries, .bytes = bytes_of(map) };
	snprintf(s->name, sizeof(s->name), "%s", info->name);
	/* What cannot be counted is not shown. */
	if (!entries_count(map, info, &s->entries))
		sizes->count++;
	return 0;
}

int cache_sizes_get(struct cache_sizes *sizes, int fd, __u32 conn)
{
	int err;

	*sizes = (struct cache_sizes){ 0 };
	err = extfuse_conn__each_map(fd, conn, size_add, sizes);
	/* Nothing is attached, the module is an older one, or the caller may see counters alone. */
	return err == -ENOENT || err == -ENOTTY || err == -EPERM ? 0 : err;
}
