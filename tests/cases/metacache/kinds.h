/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the cases of READLINK, STATFS and ACCESS, which metacache answers with actimeo: a raw daemon whose names and
 * attributes stay valid, so that what is counted is one opcode alone, and tables of what moves it.
 */
#ifndef METACACHE_KINDS_H
#define METACACHE_KINDS_H

#include "negative.h"

/* "/f" and the directory "/d" with "/d/f". */
static inline void serve_kinds(uint64_t actimeo, bool shadow)
{
	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	file = raw_file(rf, "/f", "text", 4);
	raw_mkdir(rf, "/d");
	raw_file(rf, "/d/f", "text", 4);
	attach("metacache", &(struct extfuse_options){ .actimeo_ns = actimeo, .shadow = shadow });
}

static inline void no_bad_verdicts(void)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
	unsigned int i;

	CHECK(!extfuse_conn__stats(raw_fd(rf), 0, ops), "counters");
	for (i = 0; i < EXTFUSE_OPCODES; i++)
		CHECK(!ops[i].bad, "no program may have said what must not be said of %s", raw_opname(i));
}

static inline void end_kinds(void)
{
	no_bad_verdicts();
	raw_balance(rf);
	raw_stop(rf);
}

/* Something that happens, and whether it makes the kernel ask again. */
struct row {
	const char *what;
	void (*act)(void);
	bool moves;
};

/* @expect: looks, and fails where another number of requests than the one it is given comes. */
static inline void rows_run(const struct row *rows, size_t n, void (*expect)(unsigned int n, const char *what))
{
	char again[128];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(again, sizeof(again), "%s, again", rows[i].what);
		rows[i].act();
		expect(rows[i].moves, rows[i].what);
		expect(0, again);
	}
}

#define ROWS_RUN(rows, expect)	rows_run(rows, sizeof(rows) / sizeof(*(rows)), expect)

#endif
