// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* counter: how many requests of each opcode reach a mount.  "bpftool map dump name requests" shows them. */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EXTFUSE_OPCODES);
	__type(key, __u32);
	__type(value, __u64);
} requests SEC(".maps");

EXTFUSE_REQUEST_ANY
{
	__u32 opcode = req->opcode;
	__u64 *n = bpf_map_lookup_elem(&requests, &opcode);

	if (n)
		__sync_fetch_and_add(n, 1);
	return EXTFUSE_UPCALL;	/* the daemon answers */
}

char _license[] SEC("license") = "GPL";
