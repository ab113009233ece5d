/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of mounts as OpenMetrics text (version 1.0), for the textfile collector of a node exporter.
 */
#ifndef EXTFUSE_OPENMETRICS_H
#define EXTFUSE_OPENMETRICS_H

#include <stdio.h>

#include <extfuse/extfuse.h>

#include "mounts.h"

/* What is known of one mount. */
struct metrics {
	const struct mount_entry *e;
	struct extfuse_ioc_query query;
	__u64 backing;				/* backing objects */
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
};

/* All of it; no two of @m may have the same target. */
void openmetrics_print(FILE *out, const struct metrics *m, size_t count);

#endif /* EXTFUSE_OPENMETRICS_H */
