/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known about a mount in addition to what the kernel tells: one small file per
 * connection, /run/extfuse/NUMBER, written by its supervisor, read by
 * 'extfuse status'.  Nothing depends on it: a mount without one works.
 */
#ifndef EXTFUSE_STATE_H
#define EXTFUSE_STATE_H

#include <sys/types.h>

/* The tests have one of their own. */
#ifndef STATE_DIR
#define STATE_DIR	"/run/extfuse"
#endif

struct mount_state {
	unsigned int conn;
	pid_t supervisor;
	pid_t daemon;		/* 0: it has ended, and handed the connection on */
	char target[4096];	/* where it was mounted */
	char command[512];	/* the daemon, as a user would name it */
	char extension[64];	/* asked for, "none" included */
	char reason[512];	/* why nothing was attached, or empty */
	char folds[128];	/* how files are found under names that are not their own (folds.h), or empty */
};

/* All return 0 or -errno; reading gives -ESRCH when the supervisor is gone. */
int mount_state__write(const struct mount_state *s);
int mount_state__read(struct mount_state *s, unsigned int conn);
void mount_state__remove(unsigned int conn, pid_t supervisor);

#endif /* EXTFUSE_STATE_H */
