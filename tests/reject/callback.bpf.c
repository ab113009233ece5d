// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forbidden helper is called in a callback of bpf_loop().
 * expect: attach "helper bpf_send_signal is not allowed"
 */
#include <extfuse/bpf.h>

static long strike(__u32 index, void *unused)
{
	(void)unused;
	return bpf_send_signal(index + 1) == 1;
}

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	bpf_loop(2, strike, NULL, 0);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
