// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into a program by LD_PRELOAD: to it the kernel runs whose release is
 * in the environment as RUNS; not to what it starts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

__attribute__((constructor))
static void only_here(void)
{
	unsetenv("LD_PRELOAD");
}

int uname(struct utsname *uts)
{
	const char *release = getenv("RUNS");

	if (syscall(SYS_uname, uts))
		return -1;
	if (release)
		snprintf(uts->release, sizeof(uts->release), "%s", release);
	return 0;
}
