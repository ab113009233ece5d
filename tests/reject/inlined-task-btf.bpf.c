// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks for the current task as a typed pointer, and reads nothing of it: see inlined-task.
 * expect: attach "helper (bpf_get_current_task_btf|number 158) is not allowed"
 * expect: attach "reads a per-CPU variable of the kernel"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	return (unsigned long)bpf_get_current_task_btf() == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
