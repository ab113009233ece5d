// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks about the function that it is attached to, by a load beside its context: there is none.
 * expect: load "unknown func|cannot use helper|not supported for program type"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u64 word = 0;

	return (long)bpf_get_func_arg(req, 0, &word) == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
