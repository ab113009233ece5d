// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: reads the name of GETXATTR into a buffer full of 0xff, and leaves
 * the buffer as it then is in a map of its own, its result in another.
 * tests/cases/kfunc/fault.c makes some of these reads fail.
 */
#include "kfunc_results.h"

struct bytes {
	__u8 b[KFUNC_FAULT_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bytes);
} buffer SEC(".maps");

EXTFUSE_REQUEST(getxattr)
{
	__u32 i, zero = 0;
	struct bytes *m = bpf_map_lookup_elem(&buffer, &zero);

	if (!m)
		return EXTFUSE_UPCALL;
	for (i = 0; i < sizeof(m->b); i++)
		m->b[i] = 0xff;
	result(KFUNC_FAULT_READ, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, m->b, sizeof(m->b)));
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
