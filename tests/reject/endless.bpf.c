// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never ends.
 * expect: load "."
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	volatile __u64 n = req->now;

	while (n != 1)
		n++;
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
