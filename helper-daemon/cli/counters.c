// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of counters, see counters.h.
 */
#include "counters.h"

#include <stdio.h>
#include <string.h>

#define AT(field)	offsetof(struct extfuse_op_stats, field)

const struct counter counters[] = {
	{ "answered", "answered", AT(answered), BY_PROGRAM, "requests", "program" },
	{ "passed", "passed", AT(passed), BY_BACKING, "requests", "passed" },
	{ "failed", "failed", AT(failed), BY_PROGRAM, "requests", "refused" },
	{ "upcalls", "sent up", AT(upcalls), BY_DAEMON, "requests", "daemon" },
	{ "bad", "bad", AT(bad), BY_NOBODY, "bad_verdicts", NULL },
	{ "stale", "stale", AT(stale), BY_NOBODY, "stale_answers", NULL },
	{ "replies", "replies", AT(replies), BY_NOBODY, "replies_seen", NULL },
	{ "changed", "changed", AT(changed), BY_NOBODY, "replies_changed", NULL },
	{ "differed", "differed", AT(differed), BY_NOBODY, "answers_differed", NULL },
	{ "kept", "kept", AT(kept), BY_NOBODY, "kept", NULL },
	{ "samples", NULL, AT(samples), BY_NOBODY, "program_run_seconds", "count" },
	{ "sample_ns", NULL, AT(sample_ns), BY_NOBODY, "program_run_seconds", "sum" },
	{ 0 },
};

__u64 counter_of(const struct extfuse_op_stats *s, const struct counter *c)
{
	return *(const __u64 *)((const char *)s + c->at);
}

__u64 counters_by(const struct extfuse_op_stats *s, enum answered_by by)
{
	const struct counter *c;
	__u64 sum = 0;

	for (c = counters; c->name; c++) {
		if (c->by == by)
			sum += counter_of(s, c);
	}
	return sum;
}

bool counters_any(const struct extfuse_op_stats *s)
{
	static const struct extfuse_op_stats none;

	return memcmp(s, &none, sizeof(none));
}

const char *opcode_label(struct opcode_label *label, unsigned int op)
{
	const char *name = extfuse_opcode__name(op);

	if (name)
		snprintf(label->text, sizeof(label->text), "%s", name);
	else
		snprintf(label->text, sizeof(label->text), "OPCODE_%u", op);
	return label->text;
}
