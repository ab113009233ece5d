/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process of ours does to itself: the terminal it leaves, the descriptors it may have; and
 * what it may do.
 */
#ifndef EXTFUSE_PROCESS_H
#define EXTFUSE_PROCESS_H

#include <stdbool.h>

/*
 * Standard input and output become /dev/null, and standard error unless @keep_errors: nothing
 * waits for this process any more, least of all the reader of a pipe.
 */
void process_leave_terminal(bool keep_errors);

/*
 * Raises the limit of open descriptors of this process, and of those that it starts, to @max, or to
 * as much as is allowed.
 */
void process_allow_descriptors(unsigned long max);

/* Whether this process may load programs and attach them (CAP_SYS_ADMIN and CAP_BPF): 1, 0, or -errno. */
int process_may_attach(void);

#endif /* EXTFUSE_PROCESS_H */
