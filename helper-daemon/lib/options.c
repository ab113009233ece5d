// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The administrator's options, handed to a BPF object before it is loaded: its
 * variables extfuse_options and extfuse_pattern in .rodata, and the sizes of its
 * cache_ maps.  No text is parsed here but the pattern; see common/option.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <extfuse/options.h>
#include <linux/fuse.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "internal.h"

/* LRU maps keep a few elements per processor aside, and take all their memory at once. */
#define CACHE_MIN	128U
#define CACHE_MAX	(1U << 24)

/* The map of the object's constants, and the place of a variable in it. */
struct rodata {
	struct bpf_map *map;
	const char *data;
	size_t data_size;
	size_t offset;
	size_t size;
};

/* Finds a global variable of the object in .rodata; false if it has none of that name. */
static bool rodata__find(struct rodata *ro, struct bpf_object *obj, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_var_secinfo *info;
	const struct btf_type *sec, *var;
	int id;

	ro->map = bpf_object__find_map_by_name(obj, ".rodata");
	if (!btf || !ro->map)
		return false;
	ro->data = bpf_map__initial_value(ro->map, &ro->data_size);
	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	if (!ro->data || id < 0)
		return false;
	sec = btf__type_by_id(btf, id);
	info = btf_var_secinfos(sec);
	for (unsigned int i = 0; i < btf_vlen(sec); i++, info++) {
		var = btf__type_by_id(btf, info->type);
		if (strcmp(btf__name_by_offset(btf, var->name_off), name) ||
		    (size_t)info->offset + info->size > ro->data_size)
			continue;
		ro->offset = info->offset;
		ro->size = info->size;
		return true;
	}
	return false;
}

static int rodata__write(const struct rodata *ro, const void *value, size_t size)
{
	char *data = malloc(ro->data_size);
	int ret;

	if (!data)
		return -ENOMEM;
	memcpy(data, ro->data, ro->data_size);
	memcpy(data + ro->offset, value, size < ro->size ? size : ro->size);
	ret = bpf_map__set_initial_value(ro->map, data, ro->data_size);
	free(data);
	return ret;
}

bool options__says(struct bpf_object *obj, const char *name)
{
	struct rodata ro;
	__u32 says = 0;

	if (rodata__find(&ro, obj, name) && ro.size == sizeof(says))
		memcpy(&says, ro.data + ro.offset, sizeof(says));
	return says;
}

bool options__take_pattern(struct bpf_object *obj)
{
	struct rodata ro;

	return rodata__find(&ro, obj, "extfuse_pattern");
}

bool options__is_cache(const struct bpf_map *map)
{
	return !strncmp(bpf_map__name(map), "cache_", 6);
}

static __u32 largest_cache(struct bpf_object *obj)
{
	struct bpf_map *map;
	__u32 largest = 0;

	bpf_object__for_each_map(map, obj)
		if (options__is_cache(map) && bpf_map__max_entries(map) > largest)
			largest = bpf_map__max_entries(map);
	return largest;
}

static int fill_options(struct bpf_object *obj, const char *name,
			const struct extfuse_options *opts, const struct errline *err)
{
	struct extfuse_ext_options ext = {
		.actimeo_ns = opts->actimeo_ns,
		.flags = (opts->names_dir ? EXTFUSE_OPT_NAMES_DIR : 0) |
			 (opts->negtimeo_given ? EXTFUSE_OPT_NEGTIMEO : 0),
		.entries = largest_cache(obj),
		.xattrtimeo_ns = opts->xattrtimeo_ns,
		.negtimeo_ns = opts->negtimeo_ns,
	};
	struct rodata ro;
	int ret;

	if (!rodata__find(&ro, obj, "extfuse_options")) {
		if (!opts->actimeo_ns && !opts->negtimeo_given)
			return 0;
		return errline__set(err, -EINVAL,
			"extension %s: it takes no %s (no extfuse_options in it); leave that option out",
			name, opts->actimeo_ns ? "actimeo" : "negtimeo");
	}
	if (getrandom(&ext.seed, sizeof(ext.seed), 0) != sizeof(ext.seed))
		return errline__set(err, -EIO, "extension %s: getrandom: %s", name,
				    strerror(errno));
	/* An object may be older or newer than the library: the options grow only at their end. */
	ret = rodata__write(&ro, &ext, sizeof(ext));
	if (ret)
		return errline__set(err, ret, "extension %s: cannot set its options: %s", name,
				    strerror(-ret));
	return 0;
}

/* An object without options has no seed, and nothing to compare it with: its caches are new. */
bool options__take_seed(struct bpf_object *obj, const char *old)
{
	const size_t at = offsetof(struct extfuse_ext_options, seed), size = sizeof(__u64);
	struct rodata ro;
	const char *seed;

	if (!rodata__find(&ro, obj, "extfuse_options") || ro.size < at + size)
		return false;
	seed = ro.data + ro.offset + at;
	if (memcmp(ro.data, old, seed - ro.data) ||
	    memcmp(seed + size, old + (seed - ro.data) + size, ro.data_size - (seed - ro.data) - size))
		return false;
	ro.offset += at;
	ro.size = size;
	return !rodata__write(&ro, old + ro.offset, size);
}

static int size_caches(struct bpf_object *obj, const char *name, __u32 entries,
		       const struct errline *err)
{
	__u32 largest = largest_cache(obj);
	struct bpf_map *map;
	__u64 n;
	int ret;

	if (entries < CACHE_MIN || entries > CACHE_MAX)
		return errline__set(err, -EINVAL,
			"extension %s: cachesize=%u: give a number from %u to %u", name, entries,
			CACHE_MIN, CACHE_MAX);
	if (!largest)
		return errline__set(err, -EINVAL,
			"extension %s: it takes no cachesize (no map cache_... in it); leave that option out",
			name);
	bpf_object__for_each_map(map, obj) {
		if (!options__is_cache(map))
			continue;
		n = (__u64)bpf_map__max_entries(map) * entries / largest;
		ret = bpf_map__set_max_entries(map, n < CACHE_MIN ? CACHE_MIN : n);
		if (ret)
			return errline__set(err, ret, "extension %s: cannot size map %s: %s", name,
					    bpf_map__name(map), strerror(-ret));
	}
	return 0;
}

/* Cuts a pattern at its star; 0 or -EINVAL. */
static int pattern_parse(struct extfuse_ext_pattern *p, const char *text)
{
	const char *star = strchrnul(text, '*');

	p->any = *star == '*';
	p->head_len = star - text;
	p->tail_len = p->any ? strlen(star + 1) : 0;
	if (!*text || strchr(text, '/') || strchr(star + p->any, '*') ||
	    p->head_len >= sizeof(p->head) || p->tail_len >= sizeof(p->tail))
		return -EINVAL;
	for (unsigned int i = 0; i < p->head_len; i++)
		p->head[i] = extfuse_lower(text[i]);
	for (unsigned int i = 0; i < p->tail_len; i++)
		p->tail[i] = extfuse_lower(star[1 + i]);
	return 0;
}

static int fill_pattern(struct bpf_object *obj, const char *name, const char *text,
			const struct errline *err)
{
	struct extfuse_ext_pattern pattern = { 0 };
	struct rodata ro;
	int ret;

	if (!rodata__find(&ro, obj, "extfuse_pattern"))
		return errline__set(err, -EINVAL,
			"extension %s: it takes no pattern (no extfuse_pattern in it); leave that option out",
			name);
	if (pattern_parse(&pattern, text))
		return errline__set(err, -EINVAL,
			"extension %s: pattern=%s: give a name without '/', with at most one '*' and %zu characters on either side of it",
			name, text, sizeof(pattern.head) - 1);
	ret = rodata__write(&ro, &pattern, sizeof(pattern));
	if (ret)
		return errline__set(err, ret, "extension %s: cannot set its pattern: %s", name,
				    strerror(-ret));
	return 0;
}

/* What serves an option alone costs nothing where that is not given. */
struct choice {
	const char *option;
	const char *says;	/* the object's variable that says so */
	__u64 opcodes;		/* their programs serve it */
	__u32 phases;		/* in these, bit n: enum extfuse_phase */
	bool must;		/* an object that does not say so cannot have the option */
	const char *maps[3];	/* and the maps whose names begin so */
};

#define REQUEST	(1U << EXTFUSE_PHASE_REQUEST)
#define REPLY	(1U << EXTFUSE_PHASE_REPLY)
#define OPENS	(1ULL << FUSE_OPEN | 1ULL << FUSE_OPENDIR)

static const struct choice choice_xattrs = {
	"xattrtimeo", "extfuse_want_xattrtimeo", 1ULL << FUSE_GETXATTR | 1ULL << FUSE_LISTXATTR, REQUEST | REPLY, true,
	{ "cache_xattr" },
};

static const struct choice choice_actimeo = {
	"actimeo", "extfuse_want_actimeo", 1ULL << FUSE_READLINK | 1ULL << FUSE_ACCESS | 1ULL << FUSE_STATFS,
	REQUEST | REPLY, false, { "cache_link", "cache_access", "cache_statfs" },
};

static const struct choice choice_keepcache = {
	"keepcache", "extfuse_want_keepcache", OPENS, REPLY, true, { NULL },
};

static const struct choice choice_closetimeo = {
	"closetimeo", "extfuse_want_closetimeo", OPENS, REQUEST, true, { NULL },
};

static bool map_is_of(const struct bpf_map *map, const struct choice *choice)
{
	for (unsigned int i = 0; i < sizeof(choice->maps) / sizeof(*choice->maps); i++)
		if (choice->maps[i] && !strncmp(bpf_map__name(map), choice->maps[i], strlen(choice->maps[i])))
			return true;
	return false;
}

static bool program_is_of(const struct bpf_program *prog, const struct choice *choice)
{
	__u32 phase, opcode;

	return !section__parse(bpf_program__section_name(prog), &phase, &opcode) &&
	       opcode < EXTFUSE_OPCODES && choice->opcodes & 1ULL << opcode && choice->phases & 1U << phase;
}

static int leave_out(struct bpf_object *obj, const struct choice *choice)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_program(prog, obj) {
		if (!ret && program_is_of(prog, choice))
			ret = bpf_program__set_autoload(prog, false);
	}
	bpf_object__for_each_map(map, obj) {
		if (!ret && map_is_of(map, choice))
			ret = bpf_map__set_autocreate(map, false);
	}
	return ret;
}

/* These the module serves, beside programs that keep what was read. */
static const struct choice choice_noflush = { .option = "noflush", .says = "extfuse_want_keepcache", .must = true };
static const struct choice choice_rdirplus = { .option = "rdirplus", .says = "extfuse_want_keepcache", .must = true };
static const struct choice choice_cto = { .option = "cto", .says = "extfuse_want_keepcache", .must = true };

/* Keeps what serves the option if it is given, else leaves it out. */
static int choose(struct bpf_object *obj, const char *name, const struct choice *choice, bool given,
		  const struct errline *err)
{
	bool says = options__says(obj, choice->says);
	int ret;

	if (given && choice->must && !says)
		return errline__set(err, -EINVAL, "extension %s: it takes no %s (no %s in it); leave that option out",
				    name, choice->option, choice->says);
	ret = given || !says ? 0 : leave_out(obj, choice);
	if (ret)
		return errline__set(err, ret, "extension %s: cannot leave programs out: %s", name, strerror(-ret));
	return 0;
}

int options__choose(struct bpf_object *obj, const char *name,
		    const struct extfuse_options *opts, const struct errline *err)
{
	const struct {
		const struct choice *choice;
		bool given;
	} all[] = {
		{ &choice_xattrs, opts->xattrtimeo_ns },
		{ &choice_actimeo, opts->actimeo_ns },
		{ &choice_keepcache, opts->keepcache },
		{ &choice_closetimeo, opts->closetimeo_ns },
		{ &choice_noflush, opts->noflush },
		{ &choice_rdirplus, opts->rdirplus },
		{ &choice_cto, opts->cto },
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(all) / sizeof(*all); i++)
		ret = choose(obj, name, all[i].choice, all[i].given, err);
	if (!ret && opts->closetimeo_ns > EXTFUSE_MAX_CLOSE_VALID)
		ret = errline__set(err, -EINVAL, "extension %s: closetimeo can be an hour at most", name);
	if (!ret && opts->maxkept && !opts->closetimeo_ns)
		ret = errline__set(err, -EINVAL, "extension %s: maxkept says how many files closetimeo keeps; give that as well",
				   name);
	return ret;
}

int options__apply(struct bpf_object *obj, const char *name,
		   const struct extfuse_options *opts, const struct errline *err)
{
	int ret = 0;

	if (opts->cachesize)
		ret = size_caches(obj, name, opts->cachesize, err);
	/* Tells the object how large its caches have become. */
	if (!ret)
		ret = fill_options(obj, name, opts, err);
	if (!ret && opts->pattern)
		ret = fill_pattern(obj, name, opts->pattern, err);
	return ret;
}
