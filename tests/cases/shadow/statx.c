// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in shadow mode an answer to STATX that differs from the daemon's in its lifetime alone is none that differs; what the file is counts
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include "../statx/statx.h"

/* Answers with @out; does it count as different? */
static void compare(const char *what, struct script_rule *rule, const struct raw_statx_out *out, bool differs)
{
	struct extfuse_op_stats before = script_stats(rf, RAW_STATX), after;
	struct statx st;

	rule_put(rule, out);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", 0, &st), "%s: statx", what);
	after = script_stats(rf, RAW_STATX);
	CHECK(after.answered == before.answered + 1 && after.bad == before.bad && after.stale == before.stale,
	      "%s: the answer must pass the checks", what);
	CHECK(raw_count(rf, RAW_STATX) == 1, "%s: the daemon must be asked too", what);
	CHECK(after.differed == before.differed + differs, "%s: it must %sbe counted", what, differs ? "" : "not ");
	script_clear(s);
}

int main(void)
{
	struct raw_node *node = statx_start(&(struct extfuse_options){ .shadow = true });
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(node, &out);

	compare("the truth", &rule, &out, false);
	/* As an answer out of a cache, of which some of the daemon's lifetime is over. */
	out.attr_valid += 5;
	out.attr_valid_nsec = 1;
	compare("another lifetime", &rule, &out, false);
	out.stat.atime.sec++;
	out.stat.blocks++;
	compare("what may lag", &rule, &out, false);
	/* The daemon's file changes, and it tells nobody. */
	raw_lock(rf);
	node->attr.mode ^= 022;
	raw_unlock(rf);
	compare("what was", &rule, &out, true);
	statx_stop();
	return 0;
}
