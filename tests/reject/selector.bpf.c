// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks for an argument that no version has.
 * expect: run "EBADRQC"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	__u32 word = 0;

	return bpf_extfuse_read_args(req, __EXTFUSE_ARG_MAX, &word, sizeof(word));
}

char _license[] SEC("license") = "GPL";
