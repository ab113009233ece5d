// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks for the current task. Since 7.0 the verifier makes a load of a per-CPU
 * variable of that, on arm64 the JIT does: no call of a helper is left.
 * expect: attach "helper (bpf_get_current_task|number 35) is not allowed"
 * expect: attach "reads a per-CPU variable of the kernel"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	return bpf_get_current_task() == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
