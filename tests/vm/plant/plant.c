// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plants a fault in the kernel when it is loaded, to prove that the test harness sees it: "insmod plant.ko what=warn".
 * Only for the harness's own tests, never installed. Without a fault it loads and does nothing.
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>

static char *what = "";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "the fault to plant: warn bug oops uaf inversion leak stuck panic hang");

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

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(what, faults[i].name))
			faults[i].plant();
	return 0;
}

static void __exit plant_exit(void)
{
}

module_init(plant_init);
module_exit(plant_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Plants faults to test a test harness");
