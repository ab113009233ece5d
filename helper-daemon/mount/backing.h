/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounts whose extension passes requests through: what the mount must be made
 * with, so that the kernel takes backing objects.
 */
#ifndef EXTFUSE_MOUNT_BACKING_H
#define EXTFUSE_MOUNT_BACKING_H

#include "job.h"

/*
 * Before the mount: says in the job whether nodes will have backing objects, and
 * completes its options for that.  Returns 0, or -EINVAL with a line in job->err.
 */
int backing_prepare(struct job *job, const struct extfuse_ext *ext);

/*
 * After the mount, before its daemon: sets the limit, and tries whether the
 * source can be a backing object.  Returns 0, or -errno with a line in @why.
 */
int backing_begin(const struct job *job, char *why, size_t size);

#endif /* EXTFUSE_MOUNT_BACKING_H */
