/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long callers wait for the requests of a mount, for 'extfuse top': taken from a trace.
 */
#ifndef EXTFUSE_LATENCY_H
#define EXTFUSE_LATENCY_H

#include <stdbool.h>

#include "cli.h"

struct latency;

/* Of the requests of one opcode; ns. */
struct latency_times {
	__u64 count;		/* 0: there were none */
	double mean;
	double p99;		/* of 99 in 100 it was no longer; an eighth too long at most */
	double max;
};

/* Traces the mount from here on.  NULL: the user has been told why not. */
struct latency *latency_begin(const struct cli_target *target);
void latency_end(struct latency *l);

/* Takes what has ended since; the kernel keeps it for some time only. */
void latency_read(struct latency *l);
/* What was read since the last call is what "last" means below. */
void latency_look(struct latency *l);

/* @total: of all since the beginning, instead of the last look. */
void latency_get(const struct latency *l, unsigned int opcode, bool total, struct latency_times *times);
/* How many requests have ended unseen. */
__u64 latency_lost(const struct latency *l);

#endif /* EXTFUSE_LATENCY_H */
