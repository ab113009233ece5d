/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the programs for tests/cases/kfunc leave what the kfuncs said, by the numbers of kfunc_abi.h. */
#ifndef KFUNC_RESULTS_H
#define KFUNC_RESULTS_H

#include <extfuse/bpf.h>
#include "../lib/kfunc_abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KFUNC_RESULTS);
	__type(key, __u32);
	__type(value, __s64);
} results SEC(".maps");

static __always_inline void result(__u32 i, __s64 value)
{
	bpf_map_update_elem(&results, &i, &value, 0);
}

#endif
