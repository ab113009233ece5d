/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much room there is, as metacache remembers it: by node and caller, until anything at
 * all changes through the mount.  The clock of the connection moves with each change, so an
 * answer is of now if it was made at the same clock.
 *
 * The room is of a whole disk, which others fill as well, also where nobody else changes
 * the tree: what is kept of it is never older than a minute.
 */
#ifndef STATFS_H
#define STATFS_H

#include "names.h"

#define STATFS_NS_MAX	(60 * EXTFUSE_NSEC_PER_SEC)

struct statfs_key {
	__u64	nodeid;
	__u64	who;
};

struct statfs_value {
	struct extfuse_mark head;
	__u64	until;
	struct statfs_key key;
	struct fuse_statfs_out out;
	struct extfuse_mark tail;
};

/* Programs ask about few directories. */
PLACES_MAP(cache_statfs, statfs_value, 256)

/* False where nothing is kept of it. */
static __always_inline int statfs_key_read(struct extfuse_req *req, struct statfs_key *key)
{
	key->nodeid = req->nodeid;
	key->who = req->who;
	return req->who && !(req->flags & EXTFUSE_F_FRESH);
}

static __noinline int statfs_answer(struct extfuse_req *req)
{
	const struct statfs_value *value;
	struct statfs_value copy;
	struct statfs_key key;
	__u64 hash;

	if (!statfs_key_read(req, &key))
		return EXTFUSE_UPCALL;
	hash = name_hash(&key, sizeof(key));
	value = cache_statfs_find(hash, hash);
	/* Nearly always it is of another clock, or of this one to the end. */
	if (!value || *(const volatile __u64 *)&value->head.stamp != req->stamp)
		return EXTFUSE_UPCALL;
	if (!extfuse_copy(&copy, value, hash) || copy.head.stamp != req->stamp ||
	    copy.until <= req->now || !words_equal(&copy.key, &key, sizeof(key)) ||
	    bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_CONN, copy.head.stamp) != 1)
		return EXTFUSE_UPCALL;
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &copy.out, sizeof(copy.out)) ?
		EXTFUSE_UPCALL : 0;
}

static __noinline int statfs_learn(struct extfuse_req *req)
{
	__u64 ns = extfuse_options.actimeo_ns, hash;
	struct statfs_value value = {};
	__u32 place;

	if (req->error || !ns || !statfs_key_read(req, &value.key) ||
	    bpf_extfuse_read_args(req, OUT_PARAM_0, &value.out, sizeof(value.out)))
		return 0;
	value.until = extfuse_time_add(req->now, ns < STATFS_NS_MAX ? ns : STATFS_NS_MAX);
	hash = name_hash(&value.key, sizeof(value.key));
	extfuse_seal(&value, hash, req->stamp);
	place = cache_statfs_place_for(hash, hash);
	return bpf_map_update_elem(&cache_statfs, &place, &value, BPF_ANY);
}

#endif /* STATFS_H */
