// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives its constants as source. The verifier of kfuncs asks for memory that can
 * be written too; what is on the stack or in a map is fine.
 * expect: load "write into map forbidden|invalid access to map value|memory, len pair"
 */
#include <extfuse/bpf.h>

const volatile struct fuse_attr_out constants = { .attr_valid = 1 };

EXTFUSE_REQUEST(getattr)
{
	return bpf_extfuse_write_args(req, OUT_PARAM_0, (const void *)&constants, sizeof(constants)) ?
		EXTFUSE_UPCALL : 0;
}

char _license[] SEC("license") = "GPL";
