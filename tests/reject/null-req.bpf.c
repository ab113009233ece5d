// SPDX-License-Identifier: GPL-2.0-only
/*
 * NULL instead of the context.
 * expect: load "."
 * expect: run "EINVAL"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	struct fuse_attr_out out = {};
	__u32 opcode = 0;

	if (bpf_extfuse_read_args(NULL, OPCODE, &opcode, sizeof(opcode)) != -EXTFUSE_EINVAL ||
	    bpf_extfuse_write_args(NULL, OUT_PARAM_0, &out, sizeof(out)) != -EXTFUSE_EINVAL ||
	    bpf_extfuse_fresh(NULL, req->nodeid, EXTFUSE_KIND_ATTR, 0) != -EXTFUSE_EINVAL)
		return EXTFUSE_UPCALL;
	return -EXTFUSE_EINVAL;
}

char _license[] SEC("license") = "GPL";
