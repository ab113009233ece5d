// SPDX-License-Identifier: GPL-2.0-only
/*
 * NULL instead of the context. Where it loads it does no harm: the context is a
 * ticket that nobody looks into, and the request is the one that runs.
 * expect: load "."
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 opcode = 0;

	(void)req;
	if (bpf_extfuse_read_args(NULL, OPCODE, &opcode, sizeof(opcode)))
		return -EXTFUSE_EINVAL;
	return opcode == FUSE_GETATTR ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
