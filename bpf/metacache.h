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

/* Two places for each node, as names have them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, __u32);
	__type(value, struct attr_value);
} cache_attr SEC(".maps");

/* Node ids are addresses with some daemons, numbers from 1 with others. */
static __always_inline __u32 attr_place(__u64 nodeid)
{
	return first_place(nodeid * 0x9e3779b97f4a7c15ULL);
}

static __always_inline const struct attr_value *attr_at(__u32 place)
{
	return bpf_map_lookup_elem(&cache_attr, &place);
}

/*
 * The kernel is asked before the value is copied, so a value that is stale, as after each
 * change of a file, costs no copy.  The copy must have the stamp that was asked about.
 */
static __always_inline int attr_find(struct extfuse_req *req, __u64 nodeid,
				     struct attr_value *copy)
{
	__u32 place = attr_place(nodeid);
	const struct attr_value *value = attr_at(place);
	__u64 stamp;

	if (value && value->head.key != nodeid)
		value = attr_at(place + 1);
	if (!value || value->head.key != nodeid)
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
	__u32 place = attr_place(nodeid);

	if (until <= req->now)
		return;
	value->until = until;
	value->out.attr_valid = 0;
	value->out.attr_valid_nsec = 0;
	value->out.dummy = 0;
	extfuse_seal(value, nodeid, req->stamp);
	/* The mark is what a value begins with. */
	place += second_is_better((const void *)attr_at(place), (const void *)attr_at(place + 1),
				  nodeid);
	bpf_map_update_elem(&cache_attr, &place, value, BPF_ANY);
}

#endif /* METACACHE_H */
