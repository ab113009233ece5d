// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a map whose values have pointers to tasks, and takes one out: newer
 * verifiers leave no call of that. Others know another word for such a pointer.
 * expect: load "kptr"
 * expect: attach "values have pointers to objects of the kernel"
 */
#include <extfuse/bpf.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct held {
	struct task_struct __attribute__((btf_type_tag("kptr"))) *task;
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
	void *task;

	(void)req;
	if (!held)
		return EXTFUSE_UPCALL;
	task = bpf_kptr_xchg(&held->task, NULL);
	if (task)
		task = bpf_kptr_xchg(&held->task, task);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
