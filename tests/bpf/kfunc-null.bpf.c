// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: pointers that a careful verifier does not let through, but that of
 * 6.1 does: NULL as memory (a map lookup that nobody checked), NULL and a stack
 * buffer as context.
 */
#include <extfuse/bpf.h>
#include "../lib/kfunc_abi.h"

struct bytes {
	__u8 b[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KFUNC_RESULTS);
	__type(key, __u32);
	__type(value, __s64);
} results SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bytes);
} absent SEC(".maps");

static __always_inline void result(__u32 i, __s64 value)
{
	bpf_map_update_elem(&results, &i, &value, 0);
}

EXTFUSE_REQUEST(getattr)
{
	__u32 key = 7, opcode = 0;
	struct extfuse_req fake = {};
	struct bytes *none = bpf_map_lookup_elem(&absent, &key);

	result(KFUNC_NULL_DST, bpf_extfuse_read_args(req, OPCODE, none, 4));
	result(KFUNC_NULL_SRC, bpf_extfuse_write_args(req, OUT_PARAM_0, none, 64));
	result(KFUNC_NULL_REQ, (__s64)bpf_extfuse_read_args(NULL, OPCODE, &opcode, 4) ?: opcode);
	opcode = 0;
	result(KFUNC_STACK_REQ, (__s64)bpf_extfuse_read_args(&fake, OPCODE, &opcode, 4) ?: opcode);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
