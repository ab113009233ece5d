/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where symbolic links lead, as metacache remembers it: by node, for all callers, as the
 * kernel's own cache has it (FUSE_CACHE_SYMLINKS).  A link never changes, but a daemon
 * that goes by paths has one node for all that ever had the name: so it rests on the data.
 */
#ifndef LINKS_H
#define LINKS_H

#include "names.h"

/* Nearly all are shorter; what is longer is the daemon's to say. */
#define LINK_ROOM	256

struct link_value {
	struct extfuse_mark head;
	__u64	until;
	__u64	size;
	char	bytes[LINK_ROOM];
	struct extfuse_mark tail;
};

/* Links are fewer than files. */
PLACES_MAP(cache_link, link_value, 4)

/* The kernel is asked before the value is copied, as in attr_find(). */
static __always_inline int link_find(struct extfuse_req *req, struct link_value *copy)
{
	const struct link_value *value = cache_link_find(req->nodeid, node_hash(req->nodeid));
	__u64 stamp;

	if (!value)
		return 0;
	stamp = *(const volatile __u64 *)&value->head.stamp;
	if (bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_DATA, stamp) != 1)
		return 0;
	return extfuse_copy(copy, value, req->nodeid) && copy->head.stamp == stamp &&
	       copy->until > req->now;
}

/* Not inlined: a program has 512 bytes of stack. */
static __noinline int link_answer(struct extfuse_req *req)
{
	struct link_value copy;
	__u64 size;

	if (req->flags & EXTFUSE_F_FRESH || !link_find(req, &copy))
		return EXTFUSE_UPCALL;
	size = copy.size;
	if (size > req->out_size[0] || size > LINK_ROOM)
		return EXTFUSE_UPCALL;
	return bpf_extfuse_write_args(req, OUT_PARAM_0, copy.bytes, size) ? EXTFUSE_UPCALL : 0;
}

/* What a daemon may say, and a program may not. */
static __always_inline int link_has_nul(const struct link_value *value)
{
	__u64 i;

	for (i = 0; i < LINK_ROOM && i < value->size; i++) {
		if (!value->bytes[i])
			return 1;
	}
	return 0;
}

static __noinline int link_learn(struct extfuse_req *req)
{
	struct link_value value = {};
	__u32 place;

	value.until = later(req->attr_until, actimeo_until(req));
	value.size = req->out_size[0];
	if (req->error || !value.size || value.size > LINK_ROOM || value.until <= req->now ||
	    bpf_extfuse_read_args(req, OUT_PARAM_0, value.bytes, sizeof(value.bytes)) ||
	    link_has_nul(&value))
		return 0;
	extfuse_seal(&value, req->nodeid, req->stamp);
	place = cache_link_place_for(req->nodeid, node_hash(req->nodeid));
	return bpf_map_update_elem(&cache_link, &place, &value, BPF_ANY);
}

#endif /* LINKS_H */
