/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's counters of an opcode, one row for each: 'extfuse stats' in all its forms and 'extfuse
 * top' follow the table.
 */
#ifndef EXTFUSE_COUNTERS_H
#define EXTFUSE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#include <extfuse/extfuse.h>

/* Whose answer a request had that is counted here; top's bars. */
enum answered_by {
	BY_NOBODY,		/* the counter is of something else */
	BY_PROGRAM,
	BY_BACKING,		/* it was passed through */
	BY_DAEMON,
	ANSWERED_BYS,
};

struct counter {
	const char *name;	/* in JSON */
	const char *title;	/* in the table; NULL: not there */
	size_t at;
	enum answered_by by;
	const char *family;	/* of metrics (openmetrics.c) */
	const char *result;	/* which of the family's samples; NULL: it has one */
};

extern const struct counter counters[];	/* ends with a row without a name */

__u64 counter_of(const struct extfuse_op_stats *s, const struct counter *c);

/* Requests that had an answer from @by. */
__u64 counters_by(const struct extfuse_op_stats *s, enum answered_by by);

/* Whether anything was counted. */
bool counters_any(const struct extfuse_op_stats *s);

/* "GETATTR", or "OPCODE_99" of one that has no name. */
struct opcode_label {
	char text[32];
};

const char *opcode_label(struct opcode_label *label, unsigned int op);

#endif /* EXTFUSE_COUNTERS_H */
