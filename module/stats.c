// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters per opcode and connection, one set per CPU, added up when asked.
 */
#include "fuse_i.h"
#include "stats.h"

static void stats_sum(const struct extfuse_conn *xc, u32 opcode, struct extfuse_op_stats *sum)
{
	u64 *to = (u64 *)sum;
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const u64 *from = (const u64 *)&per_cpu_ptr(xc->stats, cpu)->op[opcode];

		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			to[i] += READ_ONCE(from[i]);
	}
}

/* A caller that knows a shorter struct gets the part it knows. */
static int stats_give(const struct extfuse_conn *xc, const struct extfuse_ioc_stats *arg, u32 count)
{
	char __user *to = u64_to_user_ptr(arg->ops);
	struct extfuse_op_stats sum;
	u32 op;

	for (op = 0; op < count; op++) {
		stats_sum(xc, op, &sum);
		if (copy_to_user(to + op * arg->op_size, &sum, arg->op_size))
			return -EFAULT;
	}
	return 0;
}

long extfuse_ioctl_stats(struct extfuse_conn *xc, struct extfuse_ioc_stats *arg, void __user *uarg)
{
	u32 count = min_t(u32, arg->count, EXTFUSE_OPCODES);
	int err;

	if (arg->flags || arg->reserved[0] || arg->reserved[1] || arg->reserved[2])
		return -EINVAL;
	if (!arg->op_size || arg->op_size % sizeof(u64) ||
	    arg->op_size > sizeof(struct extfuse_op_stats))
		return -EINVAL;
	if (!xc)
		return -ENODATA;
	err = stats_give(xc, arg, count);
	if (err)
		return err;
	return put_user(count, &((struct extfuse_ioc_stats __user *)uarg)->count);
}
