/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes down the mounts of a connection that has lost its daemon.  Both
 * extfused, when the daemon dies, and mount.extfuse, when it fails, call it.  As
 * a rule a mount that is alive is not touched, because after an unmount the
 * same place, and the same number, may have a new one.
 */
#ifndef EXTFUSE_DEAD_H
#define EXTFUSE_DEAD_H

#include <stdbool.h>

/*
 * In this process's mount namespace.  @alive: also one whose daemon holds it
 * still, for a caller who knows that it is his.  @tell, which may be NULL, is called for
 * each mount: 0 when it is gone, -errno when it cannot be unmounted.
 */
void dead_mounts__remove(unsigned int conn, bool alive, void (*tell)(const char *target, int err));

#endif /* EXTFUSE_DEAD_H */
