// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <sys/resource.h>

void limit_descriptors(unsigned long max)
{
	struct rlimit rl = { max, max };

	if (!setrlimit(RLIMIT_NOFILE, &rl) || getrlimit(RLIMIT_NOFILE, &rl))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}
