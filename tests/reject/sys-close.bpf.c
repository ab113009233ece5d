// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closes a descriptor of whoever calls stat().
 * expect: attach "helper bpf_sys_close is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	bpf_sys_close(req->pid & 0xff);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
