// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forbidden helper is called in a subprogram: the walk covers them all.
 * expect: attach "helper bpf_send_signal is not allowed"
 */
#include <extfuse/bpf.h>

static __noinline int strike(__u32 signal)
{
	return bpf_send_signal(signal);
}

EXTFUSE_REQUEST(getattr)
{
	return strike(req->pid & 15) == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
