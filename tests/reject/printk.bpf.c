// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes into the trace of the whole machine. A helper that is on no list: what
 * is not known to be harmless is refused.
 * expect: attach "helper bpf_trace_printk is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	static const char text[] = "x";

	(void)req;
	bpf_trace_printk(text, sizeof(text));
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
