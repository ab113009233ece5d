// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: reads the name of GETXATTR into a buffer full of 0xff, and leaves
 * the buffer as it then is in a map of its own, its result in another.
 * tests/cases/kfunc/fault.c makes some of these reads fail.
 */
#include <extfuse/bpf.h>
#include "../lib/kfunc_abi.h"

struct bytes {
	__u8 b[KFUNC_FAULT_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KFUNC_RESULTS);
	__type(key, __u32);
	__type(value, __s64);
} results SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bytes);
} buffer SEC(".maps");

EXTFUSE_REQUEST(getxattr)
{
	__u32 i, zero = 0, at = KFUNC_FAULT_READ;
	struct bytes *m = bpf_map_lookup_elem(&buffer, &zero);
	__s64 value;

	if (!m)
		return EXTFUSE_UPCALL;
	for (i = 0; i < sizeof(m->b); i++)
		m->b[i] = 0xff;
	value = bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, m->b, sizeof(m->b));
	bpf_map_update_elem(&results, &at, &value, 0);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
