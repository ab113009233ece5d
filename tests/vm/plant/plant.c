// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plants a fault in the kernel when it is loaded, to prove that the test harness sees it: "insmod plant.ko what=warn".
 * Only for tests, never installed. Without a fault it loads and does nothing. "nofault" is for the kfuncs' case rather
 * than the harness: until the module goes, chosen reads of one command's tasks fail, "what=nofault comm=x size=19".
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>

static char *what = "";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "the fault to plant: warn bug oops uaf inversion leak stuck panic hang nofault");

static char *comm = "";
module_param(comm, charp, 0);
MODULE_PARM_DESC(comm, "nofault: the tasks whose reads fail, by their name");

static uint size;
module_param(size, uint, 0);
MODULE_PARM_DESC(size, "nofault: the reads that fail, by their size in bytes, more than 8");

static uint bent;
module_param(bent, uint, 0444);
MODULE_PARM_DESC(bent, "nofault: how many reads failed so far");

static int *volatile nowhere;
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void plant_warn(void)
{
	WARN(1, "planted warning\n");
}

static void plant_bug(void)
{
	BUG();
}

static void plant_oops(void)
{
	*nowhere = 1;
}

static void plant_use_after_free(void)
{
	char *volatile p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	pr_info("read after free: %d\n", p[8]);
}

static void plant_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* The pointer lives nowhere else: kmemleak finds it once the stack is reused. */
static void plant_leak(void)
{
	char *p = kmalloc(4000, GFP_KERNEL);

	pr_info("leaked %d bytes\n", p ? 4000 : 0);
}

static void plant_stuck(void)
{
	for (;;)
		msleep(1000);
}

static void plant_panic(void)
{
	panic("planted panic");
}

static int spin(void *unused)
{
	for (;;)
		cpu_relax();
	return 0;
}

/* Every processor spins with interrupts off: no watchdog runs, nothing is printed, the machine just stops. */
static void plant_hang(void)
{
	stop_machine(spin, NULL, cpu_online_mask);
}

/* Behind its only page lies the guard page that every such area has: nothing is mapped there. */
static char *edge;

/* Eight bytes can be read, so a copy has begun when it fails. The arguments are (dst, src, size). */
static int bend_read(struct kprobe *probe, struct pt_regs *regs)
{
	if (in_task() && regs->dx == size && !strcmp(current->comm, comm)) {
		regs->si = (unsigned long)edge + PAGE_SIZE - sizeof(u64);
		bent++;
	}
	return 0;
}
NOKPROBE_SYMBOL(bend_read);

static struct kprobe nofault = { .symbol_name = "copy_from_kernel_nofault", .pre_handler = bend_read };

static int nofault_start(void)
{
	int err;

	if (!*comm || size <= sizeof(u64))
		return -EINVAL;
	edge = vmalloc(PAGE_SIZE);
	if (!edge)
		return -ENOMEM;
	memset(edge, 0xa5, PAGE_SIZE);
	err = register_kprobe(&nofault);
	if (err) {
		vfree(edge);
		edge = NULL;
	}
	return err;
}

static void nofault_stop(void)
{
	if (edge)
		unregister_kprobe(&nofault);
	vfree(edge);
}

static const struct {
	const char *name;
	void (*plant)(void);
} faults[] = {
	{ "warn", plant_warn },
	{ "bug", plant_bug },
	{ "oops", plant_oops },
	{ "uaf", plant_use_after_free },
	{ "inversion", plant_inversion },
	{ "leak", plant_leak },
	{ "stuck", plant_stuck },
	{ "panic", plant_panic },
	{ "hang", plant_hang },
};

static int __init plant_init(void)
{
	int i;

	if (!strcmp(what, "nofault"))
		return nofault_start();
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(what, faults[i].name))
			faults[i].plant();
	return 0;
}

static void __exit plant_exit(void)
{
	nofault_stop();
}

module_init(plant_init);
module_exit(plant_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Plants faults to test a test harness");
