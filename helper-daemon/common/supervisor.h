/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mount.extfuse and extfused agree on: the exit status by which extfused
 * says that it failed and has not told the user why.
 */
#ifndef EXTFUSE_SUPERVISOR_H
#define EXTFUSE_SUPERVISOR_H

/* A signal asked it to end before the mount answered. */
#define EXIT_TOLD_TO_END	3

#endif /* EXTFUSE_SUPERVISOR_H */
