/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/bpf/slow.bpf.c and tests/cases/rules/lifetime-race.c share, in memory that both see. */
#ifndef SLOW_H
#define SLOW_H

struct slow {
	__u64 seconds;		/* lifetime that the programs write */
	__u32 answer;		/* the request program answers the next LOOKUP at revalidation, with @entry */
	__u32 lengthen;		/* the reply programs write lifetimes */
	__u32 go;		/* they may end: until then they turn round */
	__u32 running;		/* one does */
	struct fuse_entry_out entry;
};

#endif
