// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: docs/examples: latency counts each request once, in the bucket of its time, by opcode and who answered; latency.yaml says what it has
 * needs: root extfuse build:examples/latency.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <bpf/libbpf.h>
#include <ctype.h>
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <linux/extfuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"

#define LAST_BUCKET	27
#define ASKED		3
#define DELAY_MS	40	/* 2^15 us and a bit */

struct key {
	uint32_t opcode, by;
	uint64_t bucket;
};

static struct bpf_map *map;

static uint64_t value_of(uint32_t opcode, uint32_t by, uint64_t bucket)
{
	struct key key = { .opcode = opcode, .by = by, .bucket = bucket };
	uint64_t value = 0;

	if (bpf_map__lookup_elem(map, &key, sizeof(key), &value, sizeof(value), 0))
		CHECK(errno == ENOENT, "a value of the map");
	return value;
}

static struct bpf_link *load(void)
{
	char path[4096];
	struct bpf_object *obj;
	struct bpf_link *link;

	snprintf(path, sizeof(path), "%s/examples/latency.bpf.o", getenv("EXTFUSE_BUILD"));
	obj = bpf_object__open(path);
	CHECK(obj && !bpf_object__load(obj), "%s must load", path);
	map = bpf_object__find_map_by_name(obj, "extfuse_request_seconds");
	CHECK(map, "the map has the metric's name");
	link = bpf_program__attach(bpf_object__find_program_by_name(obj, "latency"));
	CHECK(link, "it must attach by its section");
	return link;
}

static void counts(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ 0 });
	struct bpf_link *link = load();
	uint64_t all = 0, slow = 0, bucket;
	struct statx st;
	unsigned int i;

	raw_file(rf, "/f", "text", 4);
	CHECK(!access("mnt/f", F_OK), "access");
	raw_delay(rf, FUSE_GETATTR, DELAY_MS);
	for (i = 0; i < ASKED; i++)
		CHECK(!statx(AT_FDCWD, "mnt/f", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st), "statx");
	for (bucket = 0; bucket <= LAST_BUCKET; bucket++) {
		all += value_of(FUSE_GETATTR, EXTFUSE_BY_DAEMON, bucket);
		slow += bucket < 15 ? 0 : value_of(FUSE_GETATTR, EXTFUSE_BY_DAEMON, bucket);
	}
	CHECK(all == raw_count(rf, FUSE_GETATTR) && slow >= ASKED, "%llu GETATTRs were counted, %llu of them slow: %s",
	      (long long)all, (long long)slow, raw_asked(rf));
	CHECK(value_of(FUSE_GETATTR, EXTFUSE_BY_DAEMON, LAST_BUCKET + 1) >= ASKED * DELAY_MS * 1000, "the sum");
	CHECK(!value_of(FUSE_GETATTR, EXTFUSE_BY_PROGRAM, LAST_BUCKET + 1), "no program has answered");
	bpf_link__destroy(link);
	raw_stop(rf);
}

/* Opcodes in capitals, and who answers in small letters. */
static void names(void)
{
	static const char *const by[] = { "kernel", "program", "passed", "daemon" };
	unsigned int number, opcodes = 0, answerers = 0, i, known = 0;
	char path[4096], line[256], name[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/examples/latency.yaml", getenv("EXTFUSE_TREE"));
	f = fopen(path, "r");
	CHECK(f, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %u: %63s", &number, name) != 2)
			continue;
		if (islower(*name)) {
			CHECK(number < 4 && !strcmp(name, by[number]), "%u is %s", number, name);
			answerers++;
			continue;
		}
		CHECK(extfuse_opcode__parse(name) == (int)number, "%u is %s", number, name);
		opcodes++;
	}
	fclose(f);
	for (i = 0; i < EXTFUSE_OPCODES; i++)
		known += !!extfuse_opcode__name(i);
	CHECK(answerers == __EXTFUSE_BY_MAX && opcodes == known, "%u opcodes of %u, %u who answer", opcodes, known, answerers);
}

int main(void)
{
	names();
	counts();
	return 0;
}
