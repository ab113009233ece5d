// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * attrmap: answers GETATTR from a map that the daemon fills (attrmap.c), as the paper on
 * ExtFUSE has it.
 *
 * Nobody takes anything out of the map when a file changes: the module knows that it did,
 * and bpf_extfuse_fresh() says so.
 */
#include <extfuse/bpf.h>
#include "attrmap.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct attrmap_value);
} attrs SEC(".maps");

EXTFUSE_REQUEST(getattr)
{
	__u64 node = req->nodeid;
	struct attrmap_value v, *found = bpf_map_lookup_elem(&attrs, &node);

	/* The daemon may write the value anew right now: only a whole one counts. */
	if (!found || req->flags & EXTFUSE_F_FRESH || !extfuse_copy(&v, found, node) ||
	    bpf_extfuse_fresh(req, node, EXTFUSE_KIND_ATTR, v.head.stamp) != 1)
		return EXTFUSE_UPCALL;
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &v.out, sizeof(v.out)) ? EXTFUSE_UPCALL : 0;
}

char _license[] SEC("license") = "GPL";
