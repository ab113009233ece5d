/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unmounts mounts that have lost their daemon.  extfused does so when the daemon dies;
 * mount.extfuse when it fails, and for dead mounts that it would mount over.  A mount
 * that is alive is not touched without need, because after an unmount the same place,
 * and the same number, may have a new mount.
 */
#ifndef EXTFUSE_DEAD_H
#define EXTFUSE_DEAD_H

#include <stdbool.h>

/*
 * Called for each mount, with the caller's @data.  @err: 0 if it is gone, -errno if it
 * cannot be unmounted, -EBUSY if something is mounted on top of it.
 */
typedef void (*dead_mounts__tell_fn)(const char *target, int err, void *data);

/*
 * In this process's mount namespace.  @alive: also a mount whose daemon still holds it, for a
 * caller that knows that it is its own; its connection is aborted.
 */
void dead_mounts__remove(unsigned int conn, bool alive, dead_mounts__tell_fn tell, void *data);

/*
 * The dead mounts that are on top at @target, a path without symbolic links; left by an
 * extfused that was killed with its daemon.
 */
void dead_mounts__uncover(const char *target, dead_mounts__tell_fn tell, void *data);

/* Is @err, an errno, what a call says on a mount whose connection has ended? */
bool dead_error(int err);

/* Has some process the connection open?  False as well where the module does not tell. */
bool dead_mounts__is_served(unsigned int conn);

/* What to tell the user of such an error. */
const char *dead_mounts__explain(int err);

#endif /* EXTFUSE_DEAD_H */
