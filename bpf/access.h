/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a caller may do, as metacache remembers it: that he may, and EACCES, by node, mask and
 * caller (extfuse_req.who).  It rests on the node's attributes; for ACCESS the kernel
 * counts its ACLs and the rights of all directories among these, because a daemon that goes by
 * paths looks at those on the way.  What has several links is not kept: see EXTFUSE_F_LINKS.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "names.h"

struct access_key {
	__u64	nodeid;
	__u64	who;
	__u64	mask;
};

struct access_value {
	struct extfuse_mark head;
	__u64	until;
	__u64	refused;
	struct access_key key;
	struct extfuse_mark tail;
};

PLACES_MAP(cache_access, access_value, 2)

/* False where nothing is kept of it. */
static __always_inline int access_key_read(struct extfuse_req *req, struct access_key *key)
{
	struct fuse_access_in in = {};

	if (!req->who || req->flags & (EXTFUSE_F_FRESH | EXTFUSE_F_LINKS) ||
	    bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)))
		return 0;
	key->nodeid = req->nodeid;
	key->who = req->who;
	key->mask = in.mask;
	return 1;
}

/* What the reply program is told. */
#define COOKIE_ACCESS_HASH	0
#define COOKIE_ACCESS_MASK	1

static __noinline int access_answer(struct extfuse_req *req)
{
	const struct access_value *value;
	struct access_value copy;
	struct access_key key;
	__u64 hash, stamp;

	if (!access_key_read(req, &key))
		return EXTFUSE_UPCALL;
	hash = name_hash(&key, sizeof(key));
	req->cookie[COOKIE_ACCESS_HASH] = hash;
	req->cookie[COOKIE_ACCESS_MASK] = key.mask;
	value = cache_access_find(hash, hash);
	if (!value)
		return EXTFUSE_UPCALL;
	/* The kernel is asked before the value is copied, as in attr_find(). */
	stamp = *(const volatile __u64 *)&value->head.stamp;
	if (bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, stamp) != 1)
		return EXTFUSE_UPCALL;
	if (!extfuse_copy(&copy, value, hash) || copy.head.stamp != stamp ||
	    copy.until <= req->now || !words_equal(&copy.key, &key, sizeof(key)))
		return EXTFUSE_UPCALL;
	return copy.refused ? -EXTFUSE_EACCES : 0;
}

static __noinline int access_learn(struct extfuse_req *req)
{
	__u64 hash = req->cookie[COOKIE_ACCESS_HASH];
	struct access_value value = {
		.key = { req->nodeid, req->who, req->cookie[COOKIE_ACCESS_MASK] },
	};
	__u32 place;

	if (!hash || (req->error && req->error != -EXTFUSE_EACCES) || req->flags & EXTFUSE_F_LINKS)
		return 0;
	value.refused = !!req->error;
	value.until = later(req->attr_until, actimeo_until(req));
	extfuse_seal(&value, hash, req->stamp);
	place = cache_access_place_for(hash, hash);
	return bpf_map_update_elem(&cache_access, &place, &value, BPF_ANY);
}

#endif /* ACCESS_H */
