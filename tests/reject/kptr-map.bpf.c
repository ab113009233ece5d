// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses a map whose values have pointers to objects of the kernel, for another program to fill.
 * expect: attach "values have pointers to objects of the kernel"
 */
#include <extfuse/bpf.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct held {
	struct task_struct __attribute__((btf_type_tag("kptr"))) *task;
	__u64 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct held);
} tasks SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	__u32 zero = 0;
	struct held *held = bpf_map_lookup_elem(&tasks, &zero);

	(void)req;
	if (held)
		held->n++;
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
