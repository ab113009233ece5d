// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that changes itself, see process.h.
 */
#include "process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

void process_leave_terminal(bool keep_errors)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!keep_errors)
		dup2(null, STDERR_FILENO);
	close(null);
}

void process_allow_descriptors(unsigned long max)
{
	struct rlimit rl = { max, max };

	if (!setrlimit(RLIMIT_NOFILE, &rl) || getrlimit(RLIMIT_NOFILE, &rl))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}
