// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the cases about slots: asks the kernel what is fresh, on behalf of the
 * case.  A statfs() takes the clock and asks what stands in the map; a LOOKUP
 * of the name that the map tells asks about this name.  statfs() fails with
 * EPERM: so asking needs no daemon, and disturbs nothing.
 */
#include <extfuse/bpf.h>
#include "slot_probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot_probe);
} probe SEC(".maps");

static __always_inline struct slot_probe *get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&probe, &zero);
}

EXTFUSE_REQUEST(statfs)
{
	struct slot_probe *p = get();
	int i;

	if (!p)
		return EXTFUSE_UPCALL;
	p->stamp = req->stamp;
	p->runs++;
#pragma unroll
	for (i = 0; i < SLOT_ASKS; i++) {
		struct slot_ask *ask = &p->ask[i];

		if (ask->nodeid)
			ask->result = bpf_extfuse_fresh(req, ask->nodeid, ask->kind, ask->stamp);
	}
	return -EXTFUSE_EPERM;
}

EXTFUSE_REQUEST(lookup)
{
	struct slot_probe *p = get();

	if (p && p->name_parent == req->nodeid) {
		p->name_result = bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_NAME,
						   p->name_stamp);
		p->name_runs++;
	}
	return EXTFUSE_UPCALL;
}

/* A change that a program refuses is over like any other. */
EXTFUSE_REQUEST(setattr)
{
	struct slot_probe *p = get();

	(void)req;
	return p && p->refuse ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

/* The stamp that a reply's own entry would keep. */
EXTFUSE_REPLY(getattr)
{
	struct slot_probe *p = get();

	if (p)
		p->reply_stamp = req->stamp;
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
