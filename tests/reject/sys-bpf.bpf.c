// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls bpf(2) with the rights of whoever calls stat().
 * expect: attach "helper bpf_sys_bpf is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	union bpf_attr attr = {};

	(void)req;
	bpf_sys_bpf(BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr));
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
