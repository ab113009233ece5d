/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a BPF object says of itself, without the kernel being asked: for 'extfuse list' and 'extfuse
 * inspect'.  Which options it takes is found out by opening it with them.
 */
#ifndef EXTFUSE_OBJECT_H
#define EXTFUSE_OBJECT_H

#include <bpf/libbpf.h>
#include <limits.h>
#include <stdbool.h>

#include <extfuse/extfuse.h>

#include "json.h"

/* How it was opened: with no option, with one, with all that it takes. */
enum object_with {
	WITH_NOTHING,
	WITH_ACTIMEO,
	WITH_XATTRTIMEO,
	WITH_KEEPCACHE,
	WITH_CLOSETIMEO,
	WITH_ALL,
	OBJECT_WITHS,
};

#define OBJECT_OPTIONS	(WITH_ALL - WITH_ACTIMEO)

struct object {
	char path[PATH_MAX];
	struct extfuse_ext *ext[OBJECT_WITHS];	/* NULL: it does not take that, or there is nothing in it then */
	struct extfuse_options options;		/* of WITH_ALL */
};

/* Returns 0, or -errno with a sentence in @why that names the object.  It is to be closed in both cases. */
int object_open(struct object *o, const char *name, char *why, size_t size);
void object_close(struct object *o);

/* A row of what objects say: in the text, and in JSON. */
struct object_fact {
	const char *name;
	const char *text;
	bool (*is)(const struct object *o);
};

extern const struct object_fact object_options[];	/* that it takes; all end with a row without a name */
extern const struct object_fact object_wants[];
extern const struct object_fact object_kinds[];

/* Those that hold, with @between; returns how many characters that were. */
int object_facts_print(FILE *out, const struct object *o, const struct object_fact *facts, const char *between);
void object_facts_json(struct json *j, const char *key, const struct object *o, const struct object_fact *facts);

bool object_is_policy(const struct object *o);

/* The next one after @prog, NULL at the end; NULL gives the first.  What it is for, as the module has it. */
struct bpf_program *object_next_program(const struct object *o, struct bpf_program *prog, __u32 *phase, __u32 *opcode);
const struct bpf_map *object_next_map(const struct object *o, const struct bpf_map *map);

/* The option without which a program, or a map, is left out; NULL: it is always there. */
const char *object_option_of_program(const struct object *o, const struct bpf_program *prog);
const char *object_option_of_map(const struct object *o, const struct bpf_map *map);

/* Memory of a map's elements; what the kernel needs beside them is not in it. */
__u64 object_map_bytes(const struct bpf_map *map);

/* The text of the section "license"; empty if there is none. */
void object_licence(const struct object *o, char *text, size_t size);

#endif /* EXTFUSE_OBJECT_H */
