/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation of a thread fails that the module has asked for, or somebody whom it has called:
 *
 *	nth_start();
 *	for (n = 1; ; n++) {
 *		nth_arm(n);
 *		... one action ...
 *		if (!nth_fired())
 *			break;		it has no N-th allocation
 *	}
 *
 * By /proc/PID/fail-nth and its filter of callers where the kernel was built for it (tests/debug), which also lets copies
 * from and to user space fail (EFAULT); else by the module noalloc (tests/vm/plant), which knows allocations of slabs only.
 * The module extfuse must be loaded, and stay so.
 */
#ifndef NTH_H
#define NTH_H

#include <stdbool.h>
#include <sys/types.h>

void nth_start(void);			/* errors end the case; undone when it exits */
bool nth_is_built_in(void);		/* by fail-nth: pages and copies as well */
void nth_arm(unsigned int n);		/* of this thread; also across exec(), not for its children */
bool nth_fired(void);			/* this thread has none pending from here on; had it happened? */

/* A process that arms itself and calls @fn; its exit status, or minus a signal. *@fired: did it happen? */
int nth_child(unsigned int n, int (*fn)(void *arg), void *arg, bool *fired);

#endif
