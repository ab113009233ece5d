// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that a daemon has handed to a process that is no child of the supervisor, by
 * a socket or because that took it (pidfd_getfd(2)), before it ended.  The mount is as alive
 * as before.  The supervisor does not know the process, but the module knows when the
 * connection ends.
 */
#include "extfused.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dead.h"

/* Nothing tells of the end of a connection: how often the module is asked. */
#define LOOK_MS	1000

static bool is_told_to_end(int sig_fd)
{
	struct signalfd_siginfo info;

	return read(sig_fd, &info, sizeof(info)) == sizeof(info) && signal_ends(info.ssi_signo);
}

bool handed_on_wait(unsigned int conn, int sig_fd)
{
	struct pollfd sig = { .fd = sig_fd, .events = POLLIN };

	while (dead_mounts__is_served(conn)) {
		if (poll(&sig, 1, LOOK_MS) > 0 && is_told_to_end(sig_fd))
			return true;
	}
	return false;
}
