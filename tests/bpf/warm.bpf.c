// SPDX-License-Identifier: GPL-2.0-only
/*
 * For attach/warm: answers GETATTR from what the daemon said before.  The files beside it
 * that include it differ from it in one thing each.
 */
#include <extfuse/bpf.h>

#ifndef WARM_MEMBER
#define WARM_MEMBER	out
#endif
#ifndef WARM_ENTRIES
#define WARM_ENTRIES	1024
#endif
#ifndef WARM_MAP
#define WARM_MAP	cache_attrs
#endif
#ifndef WARM_NUMBER
#define WARM_NUMBER	1
#endif

const volatile __u32 number = WARM_NUMBER;

struct value {
	struct extfuse_mark head;
	struct fuse_attr_out WARM_MEMBER;
	struct extfuse_mark tail;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WARM_ENTRIES);
	__type(key, __u64);
	__type(value, struct value);
} WARM_MAP SEC(".maps");

EXTFUSE_OPTIONS;

#ifdef WARM_POLICY
EXTFUSE_FAIL_CLOSED;
#endif

EXTFUSE_REPLY(getattr)
{
	__u64 node = req->nodeid ^ extfuse_options.seed;
	struct value v = {};

	if (!number || req->error || bpf_extfuse_read_args(req, OUT_PARAM_0, &v.WARM_MEMBER, sizeof(v.WARM_MEMBER)))
		return EXTFUSE_KEEP;
	extfuse_seal(&v, node, req->stamp);
	bpf_map_update_elem(&WARM_MAP, &node, &v, BPF_ANY);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(getattr)
{
	__u64 node = req->nodeid ^ extfuse_options.seed;
	struct value v, *found = bpf_map_lookup_elem(&WARM_MAP, &node);

	if (!found || req->flags & EXTFUSE_F_FRESH || !extfuse_copy(&v, found, node) ||
	    bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, v.head.stamp) != 1)
		return EXTFUSE_UPCALL;
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &v.WARM_MEMBER, sizeof(v.WARM_MEMBER)) ? EXTFUSE_UPCALL : 0;
}

char _license[] SEC("license") = "GPL";
