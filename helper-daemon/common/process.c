// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that changes itself, see process.h.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

int process_may_attach(void)
{
	const uint64_t need = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint64_t caps;

	if (syscall(SYS_capget, &head, data))
		return -errno;
	caps = data[0].effective | (uint64_t)data[1].effective << 32;
	return (caps & need) == need;
}
