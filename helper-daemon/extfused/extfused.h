/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * extfused: one process supervises one mount; its child is the daemon, either
 * the mirror or a foreign program.
 */
#ifndef EXTFUSE_EXTFUSED_H
#define EXTFUSE_EXTFUSED_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "mirror.h"
#include "state.h"

struct extfused_options {
	int fd;			/* the connection, an open /dev/extfuse */
	int go_fd;		/* -1, or where a byte says that the mount answers, and the end that it failed */
	const char *log;	/* log_target() once the mount answers */
	const char *user;	/* runs a foreign daemon as this user, or NULL */
	char **command;		/* foreign daemon, or NULL: the mirror */
	struct mirror_options mirror;
	struct mount_state state;
	bool version;
	bool help;
};

/* Starts the daemon and stays until it is gone.  Returns the exit status. */
int supervise(struct extfused_options *opts);

/* Does a signal to the supervisor end the mount?  The others say that a child has ended, or are only passed on. */
static inline bool signal_ends(int signo)
{
	return signo != SIGCHLD && signo != SIGUSR1;
}

/*
 * handed.c: waits for the end of a connection that no child has open; true: a signal asks
 * for that end.  @sig_fd does not block.
 */
bool handed_on_wait(unsigned int conn, int sig_fd);

/*
 * user.c: the process becomes the daemon of user @name.  It keeps the descriptor @fd, and
 * writes to @words_fd, the second end of user_words_open().  Ends the process on failure.
 */
void user_become(const char *name, int fd, int words_fd);
/* Returns 0 or -errno.  The first end does not block. */
int user_words_open(int words[2]);
/* Passes on to stderr what the daemon has said; false: it says no more. */
bool user_words_pass(int fd);

#endif /* EXTFUSE_EXTFUSED_H */
