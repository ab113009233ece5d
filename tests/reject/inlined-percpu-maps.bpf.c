// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks into per-CPU maps, whose lookups verifiers make a per-CPU address of,
 * within a loop that they make instructions of as well. It may.
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lru SEC(".maps");

static long count(__u32 i, void *data)
{
	__u64 *n = bpf_map_lookup_elem(&array, &i);

	(void)data;
	if (n)
		++*n;
	return 0;
}

EXTFUSE_REQUEST(getattr)
{
	__u64 one = 1, *n, *m;
	__u32 key = 1;

	(void)req;
	bpf_map_update_elem(&hash, &key, &one, BPF_ANY);
	bpf_map_update_elem(&lru, &key, &one, BPF_ANY);
	bpf_loop(2, count, NULL, 0);
	n = bpf_map_lookup_elem(&hash, &key);
	m = bpf_map_lookup_elem(&lru, &key);
	return n && m && *n == 1 && *m == 1 ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
