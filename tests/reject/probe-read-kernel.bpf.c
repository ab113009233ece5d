// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads any memory of the kernel.
 * expect: attach "helper bpf_probe_read_kernel is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)req->cookie[0]);
	return word == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
