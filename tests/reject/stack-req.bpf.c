// SPDX-License-Identifier: GPL-2.0-only
/*
 * A context of its own making, with the real one's content.
 * expect: load "."
 * expect: run "EINVAL"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	struct fuse_attr_out out = {};
	struct extfuse_req mine = *req;
	__u32 opcode = 0;

	if (bpf_extfuse_read_args(&mine, OPCODE, &opcode, sizeof(opcode)) != -EXTFUSE_EINVAL ||
	    bpf_extfuse_write_args(&mine, OUT_PARAM_0, &out, sizeof(out)) != -EXTFUSE_EINVAL ||
	    bpf_extfuse_fresh(&mine, req->nodeid, EXTFUSE_KIND_ATTR, 0) != -EXTFUSE_EINVAL)
		return EXTFUSE_UPCALL;
	return -EXTFUSE_EINVAL;
}

char _license[] SEC("license") = "GPL";
