// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program of a set is forbidden, the others are not: nothing is attached.
 * expect: attach "helper bpf_sys_close is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(lookup)
{
	(void)req;
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY(getattr)
{
	bpf_sys_close(req->pid & 0xff);
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
