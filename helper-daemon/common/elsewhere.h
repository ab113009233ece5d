/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the module is if it is not here: on the host of this container, or in a kernel
 * that is installed but not booted.
 */
#ifndef EXTFUSE_ELSEWHERE_H
#define EXTFUSE_ELSEWHERE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this process is in a container that says so, or in a user namespace. */
bool in_container(void);

/* The newest other kernel that has an extfuse.ko, in @release; false: there is none. */
bool module_other_kernel(const char *running, char *release, size_t size);

/* What a root lacks who is refused (EPERM), to stand after what was refused: where it can be done. */
#define HOST_ROOT_ADVICE "this root lacks CAP_SYS_ADMIN or CAP_BPF, or a filter of a container forbids it: mount on the host, and hand the mount to the container"

#endif /* EXTFUSE_ELSEWHERE_H */
