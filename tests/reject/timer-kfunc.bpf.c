// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the kfuncs in the callback of a timer, where no request is. Newer
 * verifiers see that it may not sleep there, others leave it to the list of
 * helpers. tests/cases/kfunc/outside.c lets it run where it loads.
 * expect: load "must be sleepable to call sleepable kfunc"
 * expect: attach "helper bpf_timer_(init|start|set_callback) is not allowed"
 */
#include "../bpf/kfunc_results.h"

struct alarm {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

static int ring(void *map, __u32 *key, struct alarm *alarm)
{
	struct extfuse_req fake = {};
	__u8 b[64] = {};

	(void)map;
	(void)key;
	(void)alarm;
	result(KFUNC_TIMER_READ, bpf_extfuse_read_args(&fake, OPCODE, b, 4));
	result(KFUNC_TIMER_WRITE, bpf_extfuse_write_args(&fake, OUT_PARAM_0, b, sizeof(b)));
	result(KFUNC_TIMER_FRESH, bpf_extfuse_fresh(&fake, 1, EXTFUSE_KIND_ATTR, ~0ULL));
	result(KFUNC_TIMER_RAN, 1);
	return 0;
}

EXTFUSE_REQUEST(getattr)
{
	__u32 zero = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

	(void)req;
	if (!alarm || bpf_timer_init(&alarm->timer, &alarms, 1 /* CLOCK_MONOTONIC */) ||
	    bpf_timer_set_callback(&alarm->timer, ring))
		return 1;
	return bpf_timer_start(&alarm->timer, 1000000, 0);
}

char _license[] SEC("license") = "GPL";
