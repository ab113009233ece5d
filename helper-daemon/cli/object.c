// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a BPF object says of itself, see object.h.
 */
#include "object.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ours have less than one MiB. */
#define SIZE_MAX_MIB	64

/* Any lifetime will do. */
#define SOME_NS		1000000000ULL

/* A device or a FIFO is not even opened. */
static int check_file(const char *name, const char *path, char *why, size_t size)
{
	struct stat st;
	int err = stat(path, &st) ? -errno : 0;

	if (err)
		snprintf(why, size, "extension %s: %s: %s", name, path, strerror(-err));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, size, "extension %s: %s is not a regular file", name, path);
	else if (st.st_size > SIZE_MAX_MIB << 20)
		snprintf(why, size, "extension %s: %s is larger than %d MiB, which no extension is", name, path, SIZE_MAX_MIB);
	else
		return 0;
	return err ? err : -EINVAL;
}

#define ALL_OPTIONS	((1U << OBJECT_OPTIONS) - 1)

/* Bit n: the option of WITH_ACTIMEO + n. */
static struct extfuse_options options_of(unsigned int which)
{
	return (struct extfuse_options){
		.actimeo_ns = which & 1U << (WITH_ACTIMEO - 1) ? SOME_NS : 0,
		.xattrtimeo_ns = which & 1U << (WITH_XATTRTIMEO - 1) ? SOME_NS : 0,
		.keepcache = which & 1U << (WITH_KEEPCACHE - 1),
		.closetimeo_ns = which & 1U << (WITH_CLOSETIMEO - 1) ? SOME_NS : 0,
	};
}

/* With as many options as it takes.  The error of the last try is of the object, not of an option. */
static int open_all(struct object *o, const char *name, char *why, size_t size)
{
	unsigned int which = ALL_OPTIONS;
	int err;

	do {
		o->options = options_of(which);
		err = extfuse_ext__open(&o->ext[WITH_ALL], name, &o->options, why, size);
	} while (err && which--);
	return err;
}

int object_open(struct object *o, const char *name, char *why, size_t size)
{
	char ignored[16];
	unsigned int i;
	int err;

	memset(o, 0, sizeof(*o));
	err = extfuse_ext__find(name, o->path, sizeof(o->path));
	if (!err)
		err = check_file(name, o->path, why, size);
	else	/* for its sentence */
		return extfuse_ext__open(&o->ext[WITH_ALL], name, NULL, why, size);
	if (!err)
		err = open_all(o, name, why, size);
	for (i = 0; !err && i < WITH_ALL; i++) {
		const struct extfuse_options one = options_of(i ? 1U << (i - 1) : 0);

		extfuse_ext__open(&o->ext[i], name, &one, ignored, sizeof(ignored));
	}
	return err;
}

void object_close(struct object *o)
{
	int i;

	for (i = 0; i < OBJECT_WITHS; i++)
		extfuse_ext__free(o->ext[i]);
}

static bool says(const struct object *o, const char *variable)
{
	return extfuse_ext__says(o->ext[WITH_ALL], variable);
}

static bool takes_actimeo(const struct object *o)
{
	return o->options.actimeo_ns;
}

static bool takes_xattrtimeo(const struct object *o)
{
	return o->options.xattrtimeo_ns;
}

static bool takes_keepcache(const struct object *o)
{
	return o->options.keepcache;
}

static bool takes_closetimeo(const struct object *o)
{
	return o->options.closetimeo_ns;
}

struct bpf_program *object_next_program(const struct object *o, struct bpf_program *prog, __u32 *phase, __u32 *opcode)
{
	do
		prog = bpf_object__next_program(extfuse_ext__object(o->ext[WITH_ALL]), prog);
	while (prog && (!bpf_program__autoload(prog) ||
			extfuse_section__parse(bpf_program__section_name(prog), phase, opcode)));
	return prog;
}

const struct bpf_map *object_next_map(const struct object *o, const struct bpf_map *map)
{
	return bpf_object__next_map(extfuse_ext__object(o->ext[WITH_ALL]), map);
}

static bool is_cache(const struct object *o)
{
	const struct bpf_map *map = NULL;

	while ((map = object_next_map(o, map))) {
		if (!strncmp(bpf_map__name(map), "cache_", 6))
			return true;
	}
	return false;
}

static bool takes_pattern(const struct object *o)
{
	return extfuse_ext__takes_pattern(o->ext[WITH_ALL]);
}

static bool wants_backing(const struct object *o)
{
	return extfuse_ext__wants_backing(o->ext[WITH_ALL]);
}

static bool wants_tree(const struct object *o)
{
	return extfuse_ext__wants_tree(o->ext[WITH_ALL]);
}

static bool wants_who(const struct object *o)
{
	return says(o, "extfuse_want_who");
}

/* For the few requests about which the caller matters. */
static bool wants_who_few(const struct object *o)
{
	return !wants_who(o) && (takes_xattrtimeo(o) || takes_closetimeo(o) || says(o, "extfuse_want_actimeo"));
}

bool object_is_policy(const struct object *o)
{
	return says(o, "extfuse_fail_closed");
}

static bool passes_files(const struct object *o)
{
	return wants_backing(o) && !wants_tree(o);
}

static bool is_plain(const struct object *o)
{
	return !is_cache(o) && !wants_backing(o) && !wants_tree(o) && !object_is_policy(o);
}

const struct object_fact object_options[] = {
	{ "actimeo", "actimeo=", takes_actimeo },
	{ "negtimeo", "negtimeo=", takes_actimeo },
	{ "names", "names=dir", takes_actimeo },
	{ "xattrtimeo", "xattrtimeo=", takes_xattrtimeo },
	{ "keepcache", "keepcache", takes_keepcache },
	{ "closetimeo", "closetimeo=", takes_closetimeo },
	{ "maxkept", "maxkept=", takes_closetimeo },
	{ "noflush", "noflush", takes_keepcache },
	{ "rdirplus", "rdirplus", takes_keepcache },
	{ "cto", "cto", takes_keepcache },
	{ "cachesize", "cachesize=", is_cache },
	{ "pattern", "pattern=", takes_pattern },
	{ 0 },
};

const struct object_fact object_wants[] = {
	{ "backing", "backing objects", wants_backing },
	{ "tree", "names of the kernel's (a tree)", wants_tree },
	{ "who", "who the caller is", wants_who },
	{ "who-few", "who the caller is, with options", wants_who_few },
	{ 0 },
};

const struct object_fact object_kinds[] = {
	{ "policy", "policy", object_is_policy },
	{ "cache", "cache", is_cache },
	{ "passthrough", "passthrough of names and files", wants_tree },
	{ "passthrough", "passthrough of files", passes_files },
	{ "programs", "programs", is_plain },
	{ 0 },
};

int object_facts_print(FILE *out, const struct object *o, const struct object_fact *facts, const char *between)
{
	const char *before = "";
	int n = 0;

	for (; facts->name; facts++) {
		if (!facts->is(o))
			continue;
		n += fprintf(out, "%s%s", before, facts->text);
		before = between;
	}
	return n;
}

void object_facts_json(struct json *j, const char *key, const struct object *o, const struct object_fact *facts)
{
	json_open(j, key, '[');
	for (; facts->name; facts++) {
		if (facts->is(o))
			json_string(j, NULL, facts->name);
	}
	json_close(j, ']');
}

static bool program_is_with(struct extfuse_ext *ext, const struct bpf_program *prog)
{
	const struct bpf_program *p = NULL;

	if (ext)
		p = bpf_object__find_program_by_name(extfuse_ext__object(ext), bpf_program__name(prog));
	return p && bpf_program__autoload(p);
}

static bool map_is_with(struct extfuse_ext *ext, const struct bpf_map *map)
{
	const struct bpf_map *m = NULL;

	if (ext)
		m = bpf_object__find_map_by_name(extfuse_ext__object(ext), bpf_map__name(map));
	return m && bpf_map__autocreate(m);
}

/* In the order of enum object_with. */
static const char *const option_names[] = { NULL, "actimeo=", "xattrtimeo=", "keepcache", "closetimeo=" };

const char *object_option_of_program(const struct object *o, const struct bpf_program *prog)
{
	int with = WITH_NOTHING;

	while (with < WITH_ALL && !program_is_with(o->ext[with], prog))
		with++;
	return with < WITH_ALL ? option_names[with] : NULL;
}

const char *object_option_of_map(const struct object *o, const struct bpf_map *map)
{
	int with = WITH_NOTHING;

	while (with < WITH_ALL && !map_is_with(o->ext[with], map))
		with++;
	return with < WITH_ALL ? option_names[with] : NULL;
}

static __u64 words(__u32 bytes)
{
	return ((__u64)bytes + 7) / 8 * 8;
}

__u64 object_map_bytes(const struct bpf_map *map)
{
	__u64 entries = bpf_map__max_entries(map), value = words(bpf_map__value_size(map));
	int cpus = libbpf_num_possible_cpus();

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_RINGBUF:
		return entries;
	case BPF_MAP_TYPE_ARRAY:
		return entries * value;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return entries * value * (cpus > 0 ? cpus : 1);
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		value *= cpus > 0 ? cpus : 1;
		break;
	default:
		break;
	}
	return entries * (words(bpf_map__key_size(map)) + value);
}

static bool section_is(Elf *elf, Elf_Scn *scn, const char *name)
{
	const char *found;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) || !gelf_getshdr(scn, &header) || header.sh_type == SHT_NOBITS)
		return false;
	found = elf_strptr(elf, names, header.sh_name);
	return found && !strcmp(found, name);
}

void object_licence(const struct object *o, char *text, size_t size)
{
	int fd = open(o->path, O_RDONLY | O_CLOEXEC);
	Elf_Data *data = NULL;
	Elf_Scn *scn = NULL;
	Elf *elf;

	*text = '\0';
	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (elf && !data && (scn = elf_nextscn(elf, scn))) {
		if (section_is(elf, scn, "license"))
			data = elf_getdata(scn, NULL);
	}
	if (data && data->d_buf)
		snprintf(text, size, "%.*s", (int)(data->d_size < size ? data->d_size : size - 1), (const char *)data->d_buf);
	elf_end(elf);
	close(fd);
}
