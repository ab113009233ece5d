/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended attributes as metacache remembers them: values, sizes, and that a node has
 * none of a name; lists as well, as what has no name.
 *
 * A daemon may decide by caller, so what it said is for that caller (extfuse_req.who).
 * A list that is empty says nothing of a name: daemons have attributes that they do not
 * list.  What has several links is not kept: see EXTFUSE_F_LINKS.
 */
#ifndef XATTRS_H
#define XATTRS_H

#include "names.h"

/* Most names and values are shorter; what is longer is the daemon's to say. */
#define XATTR_NAME_ROOM	64
#define XATTR_ROOM	64

/* The kernel takes no larger size. */
#define XATTR_SIZE_MAX	65536

enum xattr_state {
	XATTR_NONE,	/* the daemon said ENODATA */
	XATTR_SIZE,	/* its size is known, its value is not */
	XATTR_VALUE,
};

struct xattr_key {
	__u64	nodeid;
	__u64	who;
	char	name[XATTR_NAME_ROOM];
};

struct xattr_value {
	struct extfuse_mark head;
	__u64	until;
	__u32	state;
	__u32	size;
	struct xattr_key key;
	char	bytes[XATTR_ROOM];
	struct extfuse_mark tail;
};

PLACES_MAP(cache_xattr, xattr_value, 1)

/* Nearly all names end in the first half of their room. */
#define XATTR_SHORT	(XATTR_NAME_ROOM / 2)

static __always_inline __u64 xattr_hash(const struct extfuse_req *req, const struct xattr_key *key)
{
	__u64 hash = name_hash(key, sizeof(*key) - XATTR_SHORT);

	if (req->in_size[1] > XATTR_SHORT)
		hash ^= name_hash(key->name + XATTR_SHORT, XATTR_SHORT);
	return hash;
}

/* What the request is about; false where nothing is kept of it.  @key is zeroed. */
static __always_inline int xattr_key_read(struct extfuse_req *req, struct xattr_key *key)
{
	if (!req->who || req->flags & (EXTFUSE_F_FRESH | EXTFUSE_F_LINKS))
		return 0;
	/* A list has no name. */
	if (req->num_in > 1 &&
	    bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, key->name, sizeof(key->name)))
		return 0;
	key->nodeid = req->nodeid;
	key->who = req->who;
	return 1;
}

/* Does it ask for the size?  Where it does the output is of that structure: mostly that tells. */
static __always_inline int xattr_asks_size(struct extfuse_req *req)
{
	struct fuse_getxattr_in in = {};

	if (req->out_size[0] != sizeof(struct fuse_getxattr_out))
		return 0;
	return !bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)) && !in.size;
}

/* By the word, as what follows a name in its key is zero: there is no memcmp() here. */
static __always_inline int xattr_is_capability(const struct xattr_key *key)
{
	const union {
		char name[24];
		extfuse_word word[3];
	} capability = { .name = "security.capability" };
	const extfuse_word *word = (const void *)key->name;

	return word[0] == capability.word[0] && word[1] == capability.word[1] &&
	       word[2] == capability.word[2];
}

static __always_inline int xattr_is_security(const struct xattr_key *key)
{
	const union {
		char name[9];
		extfuse_word word;
	} security = { .name = "security" };

	return *(const extfuse_word *)key->name == security.word;
}

/* Too little room is the daemon's to say. */
static __always_inline int xattr_give(struct extfuse_req *req, const struct xattr_value *value)
{
	struct fuse_getxattr_out out = {};
	__u32 size = value->size;
	int err;

	if (value->state == XATTR_NONE)
		return -EXTFUSE_ENODATA;
	if (xattr_asks_size(req)) {
		out.size = size;
		err = bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out));
	} else if (value->state != XATTR_VALUE || size > req->out_size[0] || size > XATTR_ROOM) {
		err = 1;
	} else {
		err = bpf_extfuse_write_args(req, OUT_PARAM_0, value->bytes, size);
	}
	return err ? EXTFUSE_UPCALL : 0;
}

/*
 * The kernel is asked before the value is copied, as in attr_find().  A write takes
 * capabilities away, and gives none: that there are some rests on the data as well.
 */
static __always_inline int xattr_copy(struct extfuse_req *req, struct xattr_value *copy,
				      const struct xattr_value *value, const struct xattr_key *key,
				      __u64 hash)
{
	__u64 stamp = *(const volatile __u64 *)&value->head.stamp;

	if (bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_XATTR, stamp) != 1)
		return 0;
	if (!extfuse_copy(copy, value, hash) || copy->head.stamp != stamp ||
	    copy->until <= req->now || !words_equal(&copy->key, key, sizeof(*key)))
		return 0;
	return copy->state == XATTR_NONE || !xattr_is_capability(key) ||
	       bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_DATA, stamp) == 1;
}

/*
 * What the reply program is told: the hash, that it need not be made again, and whether
 * there was an answer, beside which shadow asks the daemon.
 */
#define COOKIE_HASH	0
#define COOKIE_ANSWERED	1

/* Not inlined: a program has 512 bytes of stack. */
static __noinline int xattr_answer(struct extfuse_req *req)
{
	const struct xattr_value *value;
	struct xattr_key key = {};
	struct xattr_value copy;
	__u64 hash;

	if (!xattr_key_read(req, &key))
		return EXTFUSE_UPCALL;
	hash = xattr_hash(req, &key);
	req->cookie[COOKIE_HASH] = hash;
	value = cache_xattr_find(hash, hash);
	if (!value || !xattr_copy(req, &copy, value, &key, hash))
		return EXTFUSE_UPCALL;
	req->cookie[COOKIE_ANSWERED] = 1;
	return xattr_give(req, &copy);
}

/* What a reply says of it; false where that is not kept. */
static __always_inline int xattr_read(struct extfuse_req *req, struct xattr_value *value)
{
	struct fuse_getxattr_out out = {};

	if (req->error) {
		value->state = XATTR_NONE;
		/* Of a list it would be the daemon's own idea. */
		return req->error == -EXTFUSE_ENODATA && req->num_in > 1;
	}
	value->state = XATTR_SIZE;
	value->size = req->out_size[0];
	if (xattr_asks_size(req)) {
		/* A size is no reason to forget the value that it was answered from. */
		if (req->cookie[COOKIE_ANSWERED] ||
		    bpf_extfuse_read_args(req, OUT_PARAM_0, &out, sizeof(out)))
			return 0;
		value->size = out.size;
	} else if (value->size <= sizeof(value->bytes)) {
		if (bpf_extfuse_read_args(req, OUT_PARAM_0, value->bytes, sizeof(value->bytes)))
			return 0;
		value->state = XATTR_VALUE;
	}
	/* Of an empty value of security.* the kernel makes that there is none. */
	if (!value->size && xattr_is_security(&value->key))
		return 0;
	return value->size <= XATTR_SIZE_MAX;
}

static __noinline int xattr_learn(struct extfuse_req *req)
{
	__u64 hash = req->cookie[COOKIE_HASH], ns = extfuse_options.xattrtimeo_ns;
	struct xattr_value value = {};
	__u32 place;

	if (!hash || !ns || !xattr_key_read(req, &value.key) || !xattr_read(req, &value))
		return 0;
	value.until = extfuse_time_add(req->now, ns);
	extfuse_seal(&value, hash, req->stamp);
	place = cache_xattr_place_for(hash, hash);
	return bpf_map_update_elem(&cache_xattr, &place, &value, BPF_ANY);
}

#endif /* XATTRS_H */
