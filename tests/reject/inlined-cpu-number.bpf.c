// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks for the processor's number and the time, which verifiers make loads of.
 * It may.
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	return bpf_get_smp_processor_id() < 4096 && bpf_jiffies64() ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
