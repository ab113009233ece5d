// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits for a grace period and then frees, or is done after a while: it is queued
 * here, and unloading waits for the queue.
 */
#include "fuse_i.h"
#include "later.h"

static struct workqueue_struct *free_wq;

void extfuse_free_later(struct work_struct *work)
{
	queue_work(free_wq, work);
}

void extfuse_do_later(struct delayed_work *work, unsigned long delay)
{
	mod_delayed_work(free_wq, work, delay);
}

void extfuse_free_wait(void)
{
	flush_workqueue(free_wq);
}

int extfuse_later_init(void)
{
	free_wq = alloc_workqueue("extfuse", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return free_wq ? 0 : -ENOMEM;
}

/* Waits for all that was queued. */
void extfuse_later_exit(void)
{
	destroy_workqueue(free_wq);
}
