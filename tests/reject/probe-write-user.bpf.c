// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overwrites memory of whoever calls stat().
 * The kernel itself warns once in its log when such a program is loaded.
 * expect: attach "helper bpf_probe_write_user is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 word = 0;

	bpf_probe_write_user((void *)req->cookie[0], &word, sizeof(word));
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
