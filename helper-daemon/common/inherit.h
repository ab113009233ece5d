/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program inherits from the one that started it, and must not keep.
 */
#ifndef EXTFUSE_INHERIT_H
#define EXTFUSE_INHERIT_H

#include <stddef.h>

/*
 * Called first of all: afterwards descriptors 0 to 2 are open and children can be
 * waited for, however this program was started.
 */
void inherit_sane(void);

/* Closes all descriptors but 0 to 2 and these @n, each of which may be -1. */
void inherit_only(const int *fds, size_t n);

/* Lifts the limits of the shell that mounts: they are not meant for the mount's users, and must not end the daemon. */
void inherit_no_limits(void);

#endif /* EXTFUSE_INHERIT_H */
