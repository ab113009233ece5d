// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets an allocation of a task fail, on kernels that were not built for it: what /proc/self/fail-nth does on the others.
 * Counted are those of task "task" with an address from "from" to "to", a module's code, among their callers:
 *
 *	insmod noalloc.ko task=TID from=0xffffffffc0000000 to=0xffffffffc0080000
 *	echo 3 >/sys/module/noalloc/parameters/nth		the third one fails; reads as 0 when it has
 *
 * Only for tests, never installed.
 */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>

#define CALLERS	32

static int task;
module_param(task, int, 0600);
MODULE_PARM_DESC(task, "whose allocations: a thread's number");

static uint nth;
module_param(nth, uint, 0600);
MODULE_PARM_DESC(nth, "which one fails from now on; 0: it has, or none shall");

static ulong from, to;
module_param(from, ulong, 0600);
module_param(to, ulong, 0600);
MODULE_PARM_DESC(from, "where the code begins that it must come from");
MODULE_PARM_DESC(to, "and where that ends");

/* Returns at once, with what is in the register of results. */
static noinline notrace void just_return(void)
{
	asm volatile("");
}
NOKPROBE_SYMBOL(just_return);

static bool is_counted(void)
{
	unsigned long at[CALLERS];
	unsigned int n, i;

	n = stack_trace_save(at, CALLERS, 0);
	for (i = 0; i < n; i++) {
		if (at[i] >= from && at[i] < to)
			return true;
	}
	return false;
}

/* An address is no flags: it has high bits. Nor is the number of no node. */
static bool says_must_not_fail(unsigned long arg)
{
	return arg < (u32)NUMA_NO_NODE && (arg & __GFP_NOFAIL) && (arg & __GFP_DIRECT_RECLAIM);
}

/* The flags are the second argument, or behind that where a series has put more between. */
static bool must_not_fail(const struct pt_regs *regs, bool is_second)
{
	if (is_second)
		return says_must_not_fail(regs->si);
	return says_must_not_fail(regs->dx) || says_must_not_fail(regs->cx);
}

static bool is_its_turn(const struct pt_regs *regs, bool flags_second)
{
	if (!READ_ONCE(nth) || !in_task() || task_pid_nr(current) != READ_ONCE(task))
		return false;
	if (must_not_fail(regs, flags_second) || !is_counted())
		return false;
	WRITE_ONCE(nth, nth - 1);
	return !nth;
}

static int may_fail(struct pt_regs *regs, bool flags_second, long result)
{
	if (!is_its_turn(regs, flags_second))
		return 0;
	regs->ax = result;
	regs->ip = (unsigned long)just_return;
	return 1;
}
NOKPROBE_SYMBOL(may_fail);

static int flags_second(struct kprobe *probe, struct pt_regs *regs)
{
	return may_fail(regs, true, 0);
}
NOKPROBE_SYMBOL(flags_second);

static int flags_later(struct kprobe *probe, struct pt_regs *regs)
{
	return may_fail(regs, false, 0);
}
NOKPROBE_SYMBOL(flags_later);

static int shall_fail(struct kprobe *probe, struct pt_regs *regs)
{
	return may_fail(regs, true, -ENOMEM);
}
NOKPROBE_SYMBOL(shall_fail);

/* Those that a series has. */
static struct kprobe probes[] = {
	/* Until 6.10 each allocation of a slab asks this one, also where nothing is built in that says yes. */
	{ .symbol_name = "should_failslab", .pre_handler = shall_fail },
	{ .symbol_name = "kmalloc_large", .pre_handler = flags_second },
	{ .symbol_name = "kvmalloc_node", .pre_handler = flags_second },
	{ .symbol_name = "__alloc_percpu_gfp", .pre_handler = flags_later },
	/* Since then. */
	{ .symbol_name = "kmem_cache_alloc_noprof", .pre_handler = flags_second },
	{ .symbol_name = "kmem_cache_alloc_lru_noprof", .pre_handler = flags_later },
	{ .symbol_name = "__kmalloc_cache_noprof", .pre_handler = flags_second },
	{ .symbol_name = "__kmalloc_noprof", .pre_handler = flags_second },
	{ .symbol_name = "__kmalloc_large_noprof", .pre_handler = flags_second },
	{ .symbol_name = "__kmalloc_node_track_caller_noprof", .pre_handler = flags_later },
	{ .symbol_name = "__kvmalloc_node_noprof", .pre_handler = flags_later },
	{ .symbol_name = "pcpu_alloc_noprof", .pre_handler = flags_later },
};
static bool registered[ARRAY_SIZE(probes)];

static int __init noalloc_init(void)
{
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		registered[i] = !register_kprobe(&probes[i]);
		n += registered[i];
	}
	return n ? 0 : -ENOENT;
}

static void __exit noalloc_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (registered[i])
			unregister_kprobe(&probes[i]);
	}
}

module_init(noalloc_init);
module_exit(noalloc_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Lets chosen allocations fail, to test who asked for them");
