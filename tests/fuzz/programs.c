// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of programs that are attached, replaced and detached; most often that of tests/lib/script.h, whose verdicts and
 * outputs come from a map that is filled here. All processes share the objects: they are loaded before the first round.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "script_abi.h"

#define SECOND	1000000000ULL

static const struct {
	const char *name;
	struct extfuse_options options;
} sets[] = {
	{ "tests/bpf/script", { .actimeo_ns = SECOND, .closetimeo_ns = 2 * SECOND, .maxkept = 8, .keepcache = true } },
	{ "tests/bpf/script-few", { .actimeo_ns = SECOND } },
	{ "tests/bpf/tree-up", { 0 } },
	{ "tests/bpf/nodes", { 0 } },
	{ "bpf/passthrough", { 0 } },
	{ "bpf/metacache", { .actimeo_ns = SECOND } },
	{ "bpf/metacache", { .actimeo_ns = SECOND, .xattrtimeo_ns = SECOND, .closetimeo_ns = SECOND, .keepcache = true, .noflush = true,
			     .rdirplus = true } },
	{ "bpf/metacache", { .actimeo_ns = SECOND, .xattrtimeo_ns = SECOND, .closetimeo_ns = SECOND, .keepcache = true, .cto = true } },
	{ "bpf/readonly", { 0 } },
	{ "bpf/hide", { .pattern = "secret*" } },
};

#define SETS	(sizeof(sets) / sizeof(*sets))

static struct extfuse_ext *exts[SETS];
static int rules[2], outs[2], nscripts;

static int map_of(struct extfuse_ext *ext, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(extfuse_ext__object(ext), name);

	CHECK(fd >= 0, "the map %s", name);
	return fd;
}

void programs_load(void)
{
	const char *build = getenv("EXTFUSE_BUILD") ?: "/extfuse/build";
	char path[4096], err[1024];
	unsigned int i;

	for (i = 0; i < SETS; i++) {
		snprintf(path, sizeof(path), "%s/%s.bpf.o", build, sets[i].name);
		CHECK(!extfuse_ext__open(&exts[i], path, &sets[i].options, err, sizeof(err)), "%s", err);
		CHECK(!extfuse_ext__load(exts[i], err, sizeof(err)), "%s", err);
		if (!strstr(sets[i].name, "script"))
			continue;
		rules[nscripts] = map_of(exts[i], "rules");
		outs[nscripts++] = map_of(exts[i], "outs");
	}
}

void programs_free(void)
{
	unsigned int i;

	for (i = 0; i < SETS; i++)
		extfuse_ext__free(exts[i]);
}

/* An error for a handful of requests: what always fails ends the way of all that comes after it. */
static void draw_verdict(struct rng *r, struct script_rule *rule)
{
	switch (rng_below(r, 10)) {
	case 0:
	case 1:
	case 2:
		rule->verdict = EXTFUSE_PASSTHROUGH;
		break;
	case 3:
	case 4:
		rule->times = rng_below(r, 200);
		break;
	case 5:
		rule->verdict = draw_error(r);
		rule->times = 1 + rng_below(r, 10);
		break;
	case 6:
	case 7:
		rule->verdict = EXTFUSE_REUSE;
		break;
	default:
		rule->verdict = EXTFUSE_UPCALL;
	}
}

static size_t draw_out(struct rng *r, uint32_t opcode, char *out)
{
	switch (opcode) {
	case FUSE_LOOKUP:
	case FUSE_MKDIR:
	case FUSE_MKNOD:
	case FUSE_SYMLINK:
	case FUSE_LINK:
	case FUSE_CREATE:
	case FUSE_TMPFILE:
		draw_entry(r, (void *)out);
		return opcode < FUSE_CREATE ? sizeof(struct fuse_entry_out) : sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		((struct fuse_attr_out *)out)->attr.mode = S_IFREG | 0644;
		draw_attr(r, &((struct fuse_attr_out *)out)->attr);
		return sizeof(struct fuse_attr_out);
	default:
		rng_fill(r, out, SCRIPT_OUT);
		return rng_below(r, SCRIPT_OUT + 1);
	}
}

static void draw_patches(struct rng *r, struct script_rule *rule)
{
	unsigned int i;

	rule->write = SCRIPT_WRITE_PATCH;
	for (i = 0; i < rng_below(r, SCRIPT_PATCHES); i++) {
		rule->patch[i].offset = rng_below(r, 32) * 8;
		rule->patch[i].size = rng_one_in(r, 2) ? 4 : 8;
		rule->patch[i].value = rng_one_in(r, 2) ? rng_odd(r) : draw_id(r);
	}
}

void programs_rule(struct rng *r)
{
	uint32_t opcode = rng_below(r, EXTFUSE_OPCODES), phase = rng_below(r, 2), index = SCRIPT_INDEX(phase, opcode), at = rng_below(r, 2);
	struct script_rule rule = { .on = rng_below(r, 4) != 0 };
	char out[SCRIPT_OUT] = "";
	unsigned int i;

	fuzz_count(programs);
	draw_verdict(r, &rule);
	if (rng_one_in(r, 3)) {
		rule.write = SCRIPT_WRITE_OUT;
		rule.out_size = rng_one_in(r, 6) ? rng_below(r, SCRIPT_OUT + 1) : draw_out(r, opcode, out);
		rule.first_size = rng_one_in(r, 8) ? rng_below(r, SCRIPT_OUT + 1) : 0;
		bpf_map_update_elem(outs[at], &index, out, 0);
	} else if (rng_one_in(r, 3)) {
		draw_patches(r, &rule);
	}
	rule.nfresh = rng_one_in(r, 4) ? rng_below(r, SCRIPT_FRESH + 1) : 0;
	for (i = 0; i < rule.nfresh; i++)
		rule.fresh[i] = (struct script_fresh){ .nodeid = draw_id(r), .kind = rng_below(r, 6), .stamp = rng_one_in(r, 2) ? 0 : rng_odd(r) };
	if (rng_one_in(r, 4))
		rule.nodeid = draw_id(r);
	rule.cookie = rng_below(r, 4);
	bpf_map_update_elem(rules[at], &index, &rule, 0);
}

void programs_step(struct rng *r, int fd, uint32_t conn)
{
	struct extfuse_ext *ext = exts[rng_one_in(r, 2) ? 0 : rng_below(r, SETS)];
	struct extfuse_op_stats stats[EXTFUSE_OPCODES];
	struct extfuse_ioc_query query = {};
	char err[1024];

	if (!has_part(PART_PROGRAMS))
		return;
	fuzz_count(programs);
	switch (rng_below(r, 8)) {
	case 0:
		extfuse_conn__detach(fd, conn);
		break;
	case 1:
		extfuse_conn__query(fd, conn, &query);
		break;
	case 2:
		extfuse_conn__stats(fd, conn, stats);
		break;
	case 3:
	case 4:
		extfuse_ext__replace(ext, fd, conn, err, sizeof(err));
		break;
	default:
		extfuse_ext__attach(ext, fd, conn, err, sizeof(err));
	}
}

int programs_fd(struct rng *r)
{
	struct bpf_object *obj = extfuse_ext__object(exts[rng_below(r, SETS)]);
	struct bpf_program *prog = bpf_object__next_program(obj, NULL);
	unsigned int skip = rng_below(r, 3);

	if (rng_one_in(r, 8))
		return rng_one_in(r, 2) ? rules[0] : (int)rng_below(r, 40);
	while (skip-- && bpf_object__next_program(obj, prog))
		prog = bpf_object__next_program(obj, prog);
	return bpf_program__fd(prog);
}
