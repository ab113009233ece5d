/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mount.extfuse says to its caller.
 */
#ifndef EXTFUSE_MOUNT_SAY_H
#define EXTFUSE_MOUNT_SAY_H

/* One line on standard error, whatever the names in it. */
void say(const char *target, const char *what);

#endif /* EXTFUSE_MOUNT_SAY_H */
