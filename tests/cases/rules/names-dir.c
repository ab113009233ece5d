// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with names=dir a changed name makes all names of its directory stale, and lifetimes of names are not lengthened
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Without it, only the name itself; the other half of the proof.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;

/* Is "b", looked up at @stamp, still what it was? */
static bool fresh(const char *path, const char *name, uint64_t stamp)
{
	struct script_rule rule = rule_name(name);
	struct stat st;

	rule.verdict = EXTFUSE_UPCALL;
	rule.nfresh = 1;
	rule.fresh[0].kind = EXTFUSE_KIND_NAME;
	rule.fresh[0].stamp = stamp;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat(path, &st), "stat %s", path);
	rule = script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(rule.done == 1, "the program must be asked about %s", path);
	script_clear(s);
	return rule.fresh[0].result == 1;
}

static uint64_t stamp(const char *path)
{
	const struct script_event *e;
	struct stat st;

	script_flush(s);
	script_record(s, true);
	CHECK(!stat(path, &st), "stat");
	script_record(s, false);
	/* Of "mnt/d/c" the last LOOKUP; all of them have the same stamp if nothing changes meanwhile. */
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP);
	return e->req.stamp;
}

static void check(bool names_dir)
{
	struct extfuse_options opts = { .names_dir = names_dir, .actimeo_ns = names_dir ? 0 : 100 * RAW_SEC };
	struct script_rule rule = { .write = SCRIPT_WRITE_PATCH,
		.patch = { { .offset = offsetof(struct fuse_entry_out, entry_valid), .size = 8, .value = 50 } } };
	uint64_t b, c;
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS });
	s = script_attach(rf, "script", &opts);
	raw_file(rf, "/b", "text", 4);
	/* A long lifetime that this daemon gave: the cap alone would not stop what follows. */
	raw_mkdir(rf, "/d")->entry_ns = 100 * RAW_SEC;
	raw_file(rf, "/d/c", "text", 4);
	b = stamp("mnt/b");
	c = stamp("mnt/d/c");
	CHECK(fresh("mnt/b", "b", b) && fresh("mnt/d/c", "c", c), "names are fresh at first");
	CHECK(!mkdir("mnt/new", 0755), "another name of the same directory");
	CHECK(fresh("mnt/b", "b", b) == !names_dir, "names of that directory must be %s", names_dir ? "stale" : "fresh");
	CHECK(fresh("mnt/d/c", "c", c), "those of another directory must not");
	CHECK(fresh("mnt/b", "b", stamp("mnt/b")), "a new answer is fresh again");

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/b", &st), "stat");
	script_clear(s);
	raw_reset(rf);
	CHECK(!stat("mnt/b", &st), "stat");
	CHECK(raw_count(rf, FUSE_LOOKUP) == names_dir, "the lifetime of a name must %sbe lengthened", names_dir ? "not " : "");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	check(false);
	check(true);
	return 0;
}
