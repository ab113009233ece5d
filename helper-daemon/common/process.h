/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limit of open descriptors of this process and of those that it starts.
 */
#ifndef EXTFUSE_PROCESS_H
#define EXTFUSE_PROCESS_H

/* Raises it to @max, or to as much as is allowed. */
void limit_descriptors(unsigned long max);

#endif /* EXTFUSE_PROCESS_H */
