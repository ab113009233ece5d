// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: revalidations that a program answers take their count from the node: the daemon gets the FORGETs that it earned
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.1. Each positive answer makes fuse raise its count; unless the module takes one first, the daemon would get
 * a FORGET for each of them.
 */
#include <sys/stat.h>

#include "rules.h"

#define TIMES	200

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS });
	struct script *s = script_attach(rf, "script", NULL);
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	struct fuse_entry_out out;
	struct script_rule rule;
	int64_t earned;
	struct stat st;
	int i;

	/* The first LOOKUP is no revalidation: nothing that a program says of a node is taken. */
	rule = rule_lookup(rf, file, "a", &out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(raw_count(rf, FUSE_LOOKUP) == 1, "a positive answer outside of a revalidation must go to the daemon");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP).done == 1, "though the program answered");
	CHECK(script_stats(rf, FUSE_LOOKUP).stale == 1, "it counts as stale");

	for (i = 0; i < TIMES; i++)
		CHECK(!stat("mnt/a", &st) && st.st_ino == file->id, "stat %d", i);
	CHECK(script_stats(rf, FUSE_LOOKUP).answered == TIMES, "%d revalidations must be answered, %llu were", TIMES,
	      (long long)script_stats(rf, FUSE_LOOKUP).answered);
	CHECK(raw_count(rf, FUSE_LOOKUP) == 1, "without the daemon");

	/* And mixed with the daemon's own. */
	script_clear(s);
	for (i = 0; i < 10; i++)
		CHECK(!stat("mnt/a", &st), "stat %d", i);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
	for (i = 0; i < 10; i++)
		CHECK(!stat("mnt/a", &st), "stat %d", i);
	CHECK(raw_count(rf, FUSE_LOOKUP) == 11, "ten more by the daemon");
	earned = file->nlookup;
	CHECK(earned == 11, "the daemon gave 11, not %lld", (long long)earned);
	raw_balance(rf);
	CHECK(raw_forgets(rf, file->id) == (uint64_t)earned, "the FORGETs must be for what the daemon gave: %llu",
	      (long long)raw_forgets(rf, file->id));
	script_free(s);
	raw_stop(rf);
	return 0;
}
