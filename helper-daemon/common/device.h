/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens the module's device.  Both return a descriptor that is closed on exec,
 * or -errno: -EBUSY when something is mounted on the device's node, which hides
 * it, and the caller cannot make another node.
 */
#ifndef EXTFUSE_DEVICE_H
#define EXTFUSE_DEVICE_H

#include <stdbool.h>

#define EXTFUSE_DEVICE	"/dev/extfuse"

/* To ask the module about a connection. */
int device_open(void);

/*
 * To mount with, and for a daemon.  Nothing can be mounted on what the descriptor
 * refers to.  A program that does not know that /dev/fd/N is a finished mount takes it
 * for a path, and would mount there.
 */
int device_open_private(void);

/* Whether something is mounted on the node. */
bool device_is_covered(void);

#endif /* EXTFUSE_DEVICE_H */
