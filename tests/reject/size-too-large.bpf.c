// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says that more room is there than there is.
 * expect: load "invalid indirect (read from|access to) stack|invalid.*stack"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 opcode = 0;

	return bpf_extfuse_read_args(req, OPCODE, &opcode, 64) ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
