/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes down mounts that have lost their daemon.  extfused does, when the daemon
 * dies; mount.extfuse, when it fails, and of those over which it would mount.  As
 * a rule a mount that is alive is not touched, because after an unmount the
 * same place, and the same number, may have a new one.
 */
#ifndef EXTFUSE_DEAD_H
#define EXTFUSE_DEAD_H

#include <stdbool.h>

/*
 * In this process's mount namespace.  @alive: also one whose daemon holds it
 * still, for a caller that knows that it is its own; its connection is aborted.  @tell, which may be NULL, is called for
 * each mount: 0 when it is gone, -errno when it cannot be unmounted; -EBUSY when
 * something is mounted on top of it.
 */
void dead_mounts__remove(unsigned int conn, bool alive, void (*tell)(const char *target, int err));

/*
 * The dead mounts that lie on top at @target, a path without symbolic links;
 * left by an extfused that was killed with its daemon.  @tell as above.
 */
void dead_mounts__uncover(const char *target, void (*tell)(const char *target, int err));

/* What to tell the user of such an error. */
const char *dead_mounts__explain(int err);

#endif /* EXTFUSE_DEAD_H */
