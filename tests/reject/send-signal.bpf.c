// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends a signal to whoever calls stat().
 * expect: attach "helper bpf_send_signal is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	bpf_send_signal(15);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
