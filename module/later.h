/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of work that frees, or is done after a while, see later.c.
 */
#ifndef _EXTFUSE_LATER_H
#define _EXTFUSE_LATER_H

#include <linux/workqueue.h>

/* May be called from an RCU callback; @work may sleep. */
void extfuse_free_later(struct work_struct *work);
/* After @delay jiffies, whenever it was to be done before. */
void extfuse_do_later(struct delayed_work *work, unsigned long delay);
/* Returns when all that was queued before the call is done. */
void extfuse_free_wait(void);
int extfuse_later_init(void);
void extfuse_later_exit(void);

#endif /* _EXTFUSE_LATER_H */
