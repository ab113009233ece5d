/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks at the counters of mounts, one after the other, for 'extfuse top'.
 */
#ifndef EXTFUSE_LOOK_H
#define EXTFUSE_LOOK_H

#include <extfuse/extfuse.h>

#include "cli.h"

/* What a mount had at a look. */
struct sample {
	const struct mount_entry *e;
	struct extfuse_ioc_query query;
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
};

struct look {
	struct mount_list list;
	double when;		/* seconds; 0: there was none */
	struct sample *samples;
	size_t count;
};

struct looks {
	struct cli_target t;	/* the mount that was named, and the device; filled by cli_open() */
	struct look now, before;
};

/* Seconds of a clock that nobody sets. */
double look_clock(void);

/* The next one.  Returns 0, or -errno: -ENODEV if the mount that was named is gone. */
int look_take(struct looks *l);
void looks_free(struct looks *l);

/* The same mount at the look before; NULL: it was not there. */
const struct sample *look_before(const struct looks *l, const struct sample *s);

#endif /* EXTFUSE_LOOK_H */
