// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a per-CPU variable of the kernel by its name.
 * expect: attach "names a variable or function of the kernel"
 */
#include <extfuse/bpf.h>

extern const int bpf_prog_active __ksym;

EXTFUSE_REQUEST(getattr)
{
	const volatile int *active = bpf_this_cpu_ptr(&bpf_prog_active);

	(void)req;
	return *active < 0 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
