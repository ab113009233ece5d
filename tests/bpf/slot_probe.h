/* SPDX-License-Identifier: GPL-2.0-only */
/* What slot_probe.bpf.c and the cases that load it share: the value of its map. */
#ifndef SLOT_PROBE_H
#define SLOT_PROBE_H

#include <linux/types.h>

#define SLOT_ASKS	4	/* a request records so many successes */

struct slot_ask {
	__u64	nodeid;		/* 0: no question */
	__u64	stamp;
	__u32	kind;
	__s32	result;		/* 1 fresh, 0 not, or an error */
};

struct slot_probe {
	__u64	stamp;		/* out: the clock */
	__u64	reply_stamp;	/* out: of the last GETATTR that the daemon answered */
	__u64	name_parent;	/* a LOOKUP here asks about its name; 0: none does */
	__u64	name_stamp;
	__s32	name_result;
	__u32	name_runs;
	__u32	runs;
	__u32	refuse;		/* SETATTR is refused */
	struct slot_ask ask[SLOT_ASKS];
};

#endif
