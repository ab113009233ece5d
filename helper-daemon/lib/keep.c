// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What an extension has cached stays when its successor takes its place.  The programs that are
 * attached lead to their maps, and a cache of the new object becomes the one that is there.
 *
 * That is safe only where both mean the same: the extension has the same name, flags and
 * constants (options, sizes, strings), and the map the same name, sizes, and the same types
 * of key and value, member by member.  What is in doubt is new.  What a cache says is judged
 * by freshness as ever: a replace leaves the connection's clock alone, an attach does not.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* The kernel's names of maps are shorter than an object's. */
#define KERNEL_NAME	(BPF_OBJ_NAME_LEN - 1)

struct old_map {
	int fd;
	struct bpf_map_info info;
};

/* Everything that the programs use which are attached. */
struct old {
	struct old_map *maps;
	unsigned int nmaps;
};

static void old__free(struct old *old)
{
	while (old->nmaps)
		close(old->maps[--old->nmaps].fd);
	free(old->maps);
	old->maps = NULL;
}

static int old__add(void *arg, int fd, const struct bpf_map_info *info)
{
	struct old *old = arg;
	struct old_map *maps = realloc(old->maps, (old->nmaps + 1) * sizeof(*maps));

	if (!maps)
		return -ENOMEM;
	old->maps = maps;
	maps[old->nmaps] = (struct old_map){ .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0), .info = *info };
	if (maps[old->nmaps].fd < 0)
		return -errno;
	old->nmaps++;
	return 0;
}

/* The one map of that name; NULL: there is none, or are several. */
static const struct old_map *old__find(const struct old *old, const char *name)
{
	const struct old_map *found = NULL;

	for (unsigned int i = 0; i < old->nmaps; i++) {
		if (strncmp(old->maps[i].info.name, name, KERNEL_NAME))
			continue;
		if (found)
			return NULL;
		found = &old->maps[i];
	}
	return found;
}

static bool is_ambiguous(struct bpf_object *obj, const char *name)
{
	struct bpf_map *map;
	int n = 0;

	bpf_object__for_each_map(map, obj)
		n += !strncmp(bpf_map__name(map), name, KERNEL_NAME);
	return n != 1;
}

static void print(void *arg, const char *fmt, va_list ap)
{
	vfprintf(arg, fmt, ap);
}

/* A type with all that it is made of, as C; NULL: it cannot be said. */
static char *type_text(const struct btf *btf, __u32 id)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct btf_dump *dump = out ? btf_dump__new(btf, print, out, NULL) : NULL;
	int ret = dump ? btf_dump__dump_type(dump, id) : -ENOMEM;

	/* A plain number has no text of its own; it has a name. */
	if (!ret)
		fprintf(out, "%s", btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off));
	btf_dump__free(dump);
	if (out)
		fclose(out);
	if (ret) {
		free(text);
		return NULL;
	}
	return text;
}

static bool types_are_same(const struct btf *a, __u32 a_id, const struct btf *b, __u32 b_id)
{
	char *a_text = a_id && b_id ? type_text(a, a_id) : NULL;
	char *b_text = a_text ? type_text(b, b_id) : NULL;
	bool same = b_text && !strcmp(a_text, b_text);

	free(a_text);
	free(b_text);
	return same;
}

static bool maps_are_same(const struct bpf_map *map, const struct btf *btf, const struct bpf_map_info *info)
{
	struct btf *old;
	bool same;

	if (bpf_map__type(map) != info->type || bpf_map__max_entries(map) != info->max_entries ||
	    bpf_map__key_size(map) != info->key_size || bpf_map__value_size(map) != info->value_size ||
	    bpf_map__map_flags(map) != info->map_flags || !info->btf_id)
		return false;
	old = btf__load_from_kernel_by_id(info->btf_id);
	if (!old)
		return false;
	same = types_are_same(btf, bpf_map__btf_key_type_id(map), old, info->btf_key_type_id) &&
	       types_are_same(btf, bpf_map__btf_value_type_id(map), old, info->btf_value_type_id);
	btf__free(old);
	return same;
}

/*
 * Are the constants what they were?  The seed is not: it is drawn for each load, and what was
 * stored by it would be found no more.  So the new programs get the old one.
 */
static bool constants_take(struct bpf_object *obj, const struct old *old)
{
	const struct bpf_map *ours = bpf_object__find_map_by_name(obj, ".rodata");
	const struct old_map *theirs = ours ? old__find(old, bpf_map__name(ours)) : NULL;
	__u32 zero = 0;
	bool taken;
	char *data;

	if (!theirs || theirs->info.max_entries != 1 || theirs->info.value_size != bpf_map__value_size(ours))
		return false;
	data = malloc(theirs->info.value_size);
	taken = data && !bpf_map_lookup_elem(theirs->fd, &zero, data) && options__take_seed(obj, data);
	free(data);
	return taken;
}

static bool keep(struct bpf_object *obj, struct bpf_map *map, const struct old *old)
{
	const struct old_map *found;

	if (!options__is_cache(map) || !bpf_map__autocreate(map) || is_ambiguous(obj, bpf_map__name(map)))
		return false;
	found = old__find(old, bpf_map__name(map));
	return found && maps_are_same(map, bpf_object__btf(obj), &found->info) && !bpf_map__reuse_fd(map, found->fd);
}

int keep__caches(struct bpf_object *obj, int fd, __u32 conn)
{
	struct old old = { 0 };
	int ret = extfuse_conn__each_map(fd, conn, old__add, &old), n = 0;
	struct bpf_map *map;

	if (!ret && constants_take(obj, &old)) {
		bpf_object__for_each_map(map, obj)
			n += keep(obj, map, &old);
	}
	old__free(&old);
	return ret ? ret : n;
}
