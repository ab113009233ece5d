// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes from where an unchecked lookup points: nowhere.
 * expect: load "."
 * expect: run "EINVAL"
 */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fuse_attr_out);
} outs SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	__u32 one = 1;	/* the map has no such element */

	return bpf_extfuse_write_args(req, OUT_PARAM_0, bpf_map_lookup_elem(&outs, &one),
				      sizeof(struct fuse_attr_out));
}

char _license[] SEC("license") = "GPL";
