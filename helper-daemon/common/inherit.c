// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors, signals and limits that are inherited, see inherit.h.
 */
#include "inherit.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

void inherit_sane(void)
{
	int fd;

	/* Otherwise the next descriptors that are opened become 0 to 2, and are lost when those are redirected. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	/* If it is ignored, the kernel does not tell how a child has ended. */
	signal(SIGCHLD, SIG_DFL);
}

void inherit_only(const int *fds, size_t n)
{
	int from = STDERR_FILENO + 1, next;
	size_t i;

	for (;; from = next + 1) {
		next = INT_MAX;
		for (i = 0; i < n; i++) {
			if (fds[i] >= from && fds[i] < next)
				next = fds[i];
		}
		if (from < next)
			close_range(from, next - 1, 0);
		if (next == INT_MAX)
			return;
	}
}

void inherit_no_limits(void)
{
	static const int limits[] = { RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA, RLIMIT_RTTIME };
	struct rlimit rl;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		rl.rlim_cur = RLIM_INFINITY;
		rl.rlim_max = RLIM_INFINITY;
		if (!setrlimit(limits[i], &rl) || getrlimit(limits[i], &rl))
			continue;
		rl.rlim_cur = rl.rlim_max;
		setrlimit(limits[i], &rl);
	}
	/* If a limit stays, the write fails instead. */
	signal(SIGXFSZ, SIG_IGN);
}
