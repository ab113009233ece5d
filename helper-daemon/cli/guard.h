/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what nobody vouches for in a process of its own: libbpf and libelf were not made for objects
 * that want to harm them, and may crash.
 */
#ifndef EXTFUSE_GUARD_H
#define EXTFUSE_GUARD_H

#include <stdio.h>

/* Returns an exit status; has said itself why it is not 0.  What it writes to @out is shown as a whole at its end, or not at all. */
typedef int (*guard_fn)(void *arg, FILE *out);

/* What is to be said of @path then. */
#define OBJECT_CRASHES	"%s is no sound BPF object: reading it has crashed"

/* Runs it.  Returns its exit status, or -1 if it has crashed. */
int guard_run(guard_fn fn, void *arg);

#endif /* EXTFUSE_GUARD_H */
