// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests and the benchmark: a program for every opcode and both phases that
 * leaves everything to the daemon.  What it costs is the cost of being asked.
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST_ANY
{
	(void)req;
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY_ANY
{
	(void)req;
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
