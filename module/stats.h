/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters, see stats.c.
 */
#ifndef _EXTFUSE_STATS_H
#define _EXTFUSE_STATS_H

#define extfuse_count(xc, opcode, what) \
	this_cpu_inc((xc)->stats->op[(opcode) & (EXTFUSE_OPCODES - 1)].what)

long extfuse_ioctl_stats(struct extfuse_conn *xc, struct extfuse_ioc_stats *arg,
			 void __user *uarg);

#endif /* _EXTFUSE_STATS_H */
