// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * latency: how long callers wait for requests, by opcode and by who answered: a histogram for
 * ebpf_exporter, which latency.yaml describes.
 *
 * It is on the tracepoint extfuse:extfuse_request, not attached to a mount, and sees the
 * requests of all:  ebpf_exporter --config.dir=. --config.names=latency
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <linux/fuse.h>
#include <linux/extfuse.h>
#include <bpf/bpf_helpers.h>

/* The last bucket begins at 2^27 us; behind it is the sum of all, as ebpf_exporter has it. */
#define LAST_BUCKET	27
#define SUM		(LAST_BUCKET + 1)

struct key {
	__u32 opcode;
	__u32 by;	/* enum extfuse_by */
	__u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTFUSE_OPCODES * __EXTFUSE_BY_MAX * (SUM + 1));
	__type(key, struct key);
	__type(value, __u64);
} extfuse_request_seconds SEC(".maps");

static __always_inline void add(const struct key *key, __u64 n)
{
	__u64 zero = 0, *value = bpf_map_lookup_elem(&extfuse_request_seconds, key);

	if (!value) {
		/* Another processor may be first. */
		bpf_map_update_elem(&extfuse_request_seconds, key, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&extfuse_request_seconds, key);
	}
	if (value)
		__sync_fetch_and_add(value, n);
}

static __always_inline __u64 bucket_of(__u64 us)
{
	__u64 bucket = 0;

	while (us > 1 && bucket < LAST_BUCKET) {
		us >>= 1;
		bucket++;
	}
	return bucket;
}

/* Its arguments: the connection, the record, the name. */
SEC("raw_tp/extfuse_request")
int latency(struct bpf_raw_tracepoint_args *ctx)
{
	struct extfuse_trace record;
	struct key key = {};
	__u64 us;

	if (bpf_probe_read_kernel(&record, sizeof(record), (const void *)ctx->args[1]))
		return 0;
	us = record.ns / 1000;
	key.opcode = record.opcode;
	key.by = record.by;
	key.bucket = bucket_of(us);
	add(&key, 1);
	key.bucket = SUM;
	add(&key, us);
	return 0;
}

char _license[] SEC("license") = "GPL";
