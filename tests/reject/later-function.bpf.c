// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls a function that this module does not have, as an extension for a later version may.
 * expect: load "it calls a function that this extfuse.ko does not have .*bpf_extfuse_of_a_later_version.*: load a newer one, or use an extension for version"
 */
#include <extfuse/bpf.h>

extern int bpf_extfuse_of_a_later_version(struct extfuse_req *req) __ksym;

EXTFUSE_REQUEST(getattr)
{
	return bpf_extfuse_of_a_later_version(req) ? 0 : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
