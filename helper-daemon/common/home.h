/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the mount namespace that the process began in, whatever namespace it has entered
 * since (mount -N).  There /proc, /sys and /dev may be anything: the namespace's users say what
 * is mounted.
 */
#ifndef EXTFUSE_HOME_H
#define EXTFUSE_HOME_H

#include <stdio.h>

/* To be called before the process enters another one.  Returns 0 or -errno. */
int home_keep(void);

/* As open(2), and fopen(3) for reading, without descriptors that survive exec. */
int home_open(const char *path, int flags);
FILE *home_fopen(const char *path);

/* Unmounts, in the namespace that the process is in now, what descriptor @fd refers to.  Returns 0 or -errno. */
int home_umount(int fd, int flags);

#endif /* EXTFUSE_HOME_H */
