// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves for a program that nobody has looked at.
 * expect: load "tail_call|Sleepable programs can only use"
 * expect: attach "tail calls are not allowed"
 */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} others SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	bpf_tail_call(req, &others, 0);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
