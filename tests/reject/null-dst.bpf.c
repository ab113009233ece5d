// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads to where an unchecked lookup points: nowhere. 6.1 lets it load, and the
 * function says -EINVAL, which is this program's verdict.
 * expect: load "."
 * expect: run "EINVAL"
 */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} words SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	__u32 one = 1;	/* the map has no such element */

	return bpf_extfuse_read_args(req, OPCODE, bpf_map_lookup_elem(&words, &one), sizeof(__u32));
}

char _license[] SEC("license") = "GPL";
