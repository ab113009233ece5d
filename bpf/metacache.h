/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What metacache remembers beside names (names.h): attributes by node.  The map that
 * holds them, and how to find and store.
 */
#ifndef METACACHE_H
#define METACACHE_H

#include "names.h"

/* Attributes, laid out so that a copy becomes fuse_attr_out or fuse_entry_out in place. */
struct attr_value {
	struct extfuse_mark head;
	__u64	until;
	struct fuse_attr_out out;
	struct extfuse_mark tail;
};

union attr_copy {
	struct attr_value value;
	struct fuse_entry_out entry;
};

_Static_assert(__builtin_offsetof(struct attr_value, out.attr) ==
	       __builtin_offsetof(struct fuse_entry_out, attr), "attributes stay where they are");

PLACES_MAP(cache_attr, attr_value, 1)

/*
 * The kernel is asked before the value is copied, so a value that is stale, as after each
 * change of a file, costs no copy.  The copy must have the stamp that was asked about.
 */
static __always_inline int attr_find(struct extfuse_req *req, __u64 nodeid,
				     struct attr_value *copy)
{
	const struct attr_value *value = cache_attr_find(nodeid, node_hash(nodeid));
	__u64 stamp;

	if (!value)
		return 0;
	stamp = *(const volatile __u64 *)&value->head.stamp;
	if (bpf_extfuse_fresh(req, nodeid, EXTFUSE_KIND_ATTR, stamp) != 1)
		return 0;
	return extfuse_copy(copy, value, nodeid) && copy->head.stamp == stamp &&
	       copy->until > req->now;
}

static __always_inline void attr_store(struct extfuse_req *req, __u64 nodeid,
				       struct attr_value *value, __u64 until)
{
	__u32 place;

	if (until <= req->now)
		return;
	value->until = until;
	value->out.attr_valid = 0;
	value->out.attr_valid_nsec = 0;
	value->out.dummy = 0;
	extfuse_seal(value, nodeid, req->stamp);
	place = cache_attr_place_for(nodeid, node_hash(nodeid));
	bpf_map_update_elem(&cache_attr, &place, value, BPF_ANY);
}

#endif /* METACACHE_H */
