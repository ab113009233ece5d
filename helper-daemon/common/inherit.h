/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program has from the one that started it, and must not go on with.
 */
#ifndef EXTFUSE_INHERIT_H
#define EXTFUSE_INHERIT_H

#include <stddef.h>

/*
 * First of all: descriptors 0 to 2 are open, and children are waited for,
 * however this program was started.
 */
void inherit_sane(void);

/* Closes all descriptors but 0 to 2 and these @n, each of which may be -1. */
void inherit_only(const int *fds, size_t n);

/* The limits of the shell that mounts are not those of the mount's users, and must not end its daemon. */
void inherit_no_limits(void);

#endif /* EXTFUSE_INHERIT_H */
