// SPDX-License-Identifier: GPL-2.0-only
/*
 * A context of its own making, with lies in it. Nobody looks into it.
 * expect: load "."
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	struct extfuse_req mine = { .opcode = FUSE_INIT, .nodeid = ~0ULL };
	__u32 opcode = 0;
	__u64 nodeid = 0;

	if (bpf_extfuse_read_args(&mine, OPCODE, &opcode, sizeof(opcode)) ||
	    bpf_extfuse_read_args(&mine, NODEID, &nodeid, sizeof(nodeid)))
		return -EXTFUSE_EINVAL;
	return opcode == FUSE_GETATTR && nodeid == req->nodeid ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
