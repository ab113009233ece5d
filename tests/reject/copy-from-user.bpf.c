// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads memory of whoever calls stat(), and may sleep on a fault.
 * expect: attach "helper bpf_copy_from_user is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 word = 0;

	bpf_copy_from_user(&word, sizeof(word), (void *)req->cookie[0]);
	return word == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
