// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts a timer: its callback would run when the request is long over.
 * expect: attach "helper bpf_timer_init is not allowed"
 */
#include <extfuse/bpf.h>

struct alarm {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	__u32 zero = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

	(void)req;
	if (alarm)
		bpf_timer_init(&alarm->timer, &alarms, 1 /* CLOCK_MONOTONIC */);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
