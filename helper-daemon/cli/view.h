/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What 'extfuse top' shows: a page of text made of counters.
 */
#ifndef EXTFUSE_VIEW_H
#define EXTFUSE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include <extfuse/extfuse.h>

#include "latency.h"

struct view_row {
	const char *name;
	struct extfuse_op_stats now;
	struct extfuse_op_stats before;		/* at the look before */
	struct latency_times times;
};

enum view_order {
	ORDER_RATE,
	ORDER_REQUESTS,
	ORDER_DAEMON,		/* by what the daemon had to do */
	ORDER_TIME,
	ORDER_NAME,
	VIEW_ORDERS,
};

struct view {
	const char *title;
	const char *what;	/* a row is: "opcode" or "mount" */
	struct view_row *rows;
	size_t count;
	double seconds;		/* between the looks; 0: there was none before */
	bool latency;		/* how long callers wait, in place of shares */
	bool total;		/* shares and times of all that was counted, not of what came since the look before */
	enum view_order order;
	int columns;
	int lines;		/* 0: as many as there are */
	const char *keys;	/* the last line; NULL: none */
};

/* Sorts the rows. */
void view_print(FILE *out, struct view *v);

/* Sums of counters, and what has come since; both go by all fields. */
void view_add(struct extfuse_op_stats *sum, const struct extfuse_op_stats *s);

#endif /* EXTFUSE_VIEW_H */
