// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks which branches the processor took: the verifier makes a call of the
 * processor's own function of it.
 * expect: attach "helper [a-z0-9_]+ is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u64 branches[3] = {};

	(void)req;
	bpf_get_branch_snapshot(branches, sizeof(branches), 0);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
