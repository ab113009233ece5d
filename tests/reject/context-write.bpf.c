// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes into its context. It may, and nothing of it is believed.
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 opcode = 0;

	req->opcode = FUSE_INIT;
	req->nodeid = ~0ULL;
	req->uid = 0;
	if (bpf_extfuse_read_args(req, OPCODE, &opcode, sizeof(opcode)))
		return -EXTFUSE_EINVAL;
	return opcode == FUSE_GETATTR ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
