/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor's children, see children.c.
 */
#ifndef EXTFUSE_CHILDREN_H
#define EXTFUSE_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

/* How the connection is recognised among the descriptors of a process. */
struct children {
	char device[64];	/* what /proc/PID/fd shows for it */
	int device_mount;	/* where that node is; mount.extfuse makes a mount for each connection */
};

/* @fd: the connection.  Before the first child.  Returns 0 or -errno. */
int children_init(struct children *c, int fd);

/* Does the process have the connection open? */
bool child_has_device(const struct children *c, pid_t pid);
/* A child that has it open; 0: there is none. */
pid_t child_with_device(const struct children *c);
/* The daemon, not the process that a daemon leaves for a moment when it goes to the background. */
pid_t child_daemon(const struct children *c);

/* To each child that has the connection open. */
void children_signal(const struct children *c, int sig);
/* Sets *@status if @first has ended.  False: no child is left. */
bool children_reap(pid_t first, int *status);
/* Ends all.  Returns 0, or a process that is left, because it hangs in the kernel. */
pid_t children_end(pid_t first, int *status);
/* Kills children until none is left, however long that takes. */
void children_wait(void);

#endif /* EXTFUSE_CHILDREN_H */
