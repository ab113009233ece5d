/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * extfused: one process supervises one mount; its child is the daemon, either
 * the mirror or a foreign program.
 */
#ifndef EXTFUSE_EXTFUSED_H
#define EXTFUSE_EXTFUSED_H

#include <stdbool.h>
#include <sys/types.h>

#include "mirror.h"
#include "state.h"

struct extfused_options {
	int fd;			/* the connection, an open /dev/extfuse */
	int go_fd;		/* -1, or: a byte says that the mount answers, the end that it failed */
	const char *log;	/* log_target() once the mount answers */
	const char *user;	/* runs a foreign daemon as this user, or NULL */
	char **command;		/* foreign daemon, or NULL: the mirror */
	struct mirror_options mirror;
	struct mount_state state;
};

/* Starts the daemon and stays until it is gone.  Returns the exit status. */
int supervise(struct extfused_options *opts);

#endif /* EXTFUSE_EXTFUSED_H */
