/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What node a name leads to, as metacache remembers it: the maps
 * that hold it, and how to find and store.
 */
#ifndef NAMES_H
#define NAMES_H

#include "places.h"

/* tests/bpf/answer.bpf.c sets it: answers and replies make the kernel ask again each time. */
#ifndef METACACHE_ASK_AGAIN
#define METACACHE_ASK_AGAIN 0
#endif

/* Names by size, NUL included: nearly all are short, and a short key costs less. */
#define NAME_SHORT	32
#define NAME_LONG	256

/* Where a name leads to: nodeid 0 says that it does not exist. */
struct target {
	__u64	nodeid;
	__u64	generation;
	__u64	until;
	__u64	daemon_until;
};

struct name_key {
	__u64	parent;
	char	name[NAME_SHORT];
};

struct name_value {
	struct extfuse_mark head;
	struct target target;
	struct name_key key;
	struct extfuse_mark tail;
};

/* A directory entry as the kernel gives it, with room for a short name. */
struct name_entry {
	char	dirent[sizeof(struct fuse_dirent)];
	char	name[NAME_SHORT];
};

_Static_assert(sizeof(struct fuse_dirent) == __builtin_offsetof(struct fuse_dirent, name),
	       "nothing is between an entry's head and its name");

/*
 * A name is read out of a directory entry to where its key has it: a program has 512 bytes
 * of stack, so an entry and a value (or a long key) share theirs.  Only the name of the
 * entry counts; the rest of the value is filled after it was read.
 */
union name_room {
	struct name_value value;
	struct {
		char before[__builtin_offsetof(struct name_value, key.name) -
			    __builtin_offsetof(struct name_entry, name)];
		struct name_entry entry;
	};
};

_Static_assert(__builtin_offsetof(union name_room, entry.name) ==
	       __builtin_offsetof(union name_room, value.key.name), "a short name is read to its key");

struct lname_key {
	__u64	parent;
	char	name[NAME_LONG];
};

struct lname_entry {
	char	dirent[sizeof(struct fuse_dirent)];
	char	name[NAME_LONG];
};

union lname_room {
	struct lname_entry entry;
	struct {
		char before[__builtin_offsetof(struct lname_entry, name) -
			    __builtin_offsetof(struct lname_key, name)];
		struct lname_key key;
	};
};

_Static_assert(__builtin_offsetof(union lname_room, entry.name) ==
	       __builtin_offsetof(union lname_room, key.name), "a long name is read to its key");

struct lname_value {
	struct extfuse_mark head;
	struct target target;
	struct extfuse_mark tail;
};

PLACES_MAP(cache_name, name_value, 1)

/* Long names are few and large: beside their size the walk of a hash table costs little. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct lname_key);
	__type(value, struct lname_value);
} cache_lname SEC(".maps");

/* Identifies an element to its reader, which compares the name too. */
static __always_inline __u64 name_hash(const void *key, unsigned long size)
{
	const extfuse_word *word = key;
	__u64 hash = extfuse_options.seed;
	unsigned long i;

#pragma unroll
	for (i = 0; i < size / sizeof(*word); i++) {
		hash = __extfuse_mix(hash, word[i]);
		hash ^= hash >> 32;
		asm volatile("" : "+r"(hash));	/* one word after the other: saves stack */
	}
	return hash;
}

/* Of keys: @size is a constant, of whole words. */
static __always_inline int words_equal(const void *a, const void *b, unsigned long size)
{
	const extfuse_word *p = a, *q = b;
	unsigned long i;

#pragma unroll
	for (i = 0; i < size / sizeof(*p); i++) {
		if (p[i] != q[i])
			return 0;
	}
	return 1;
}

/* Not inlined, like all that needs much stack: a program has 512 bytes of it. */
static __noinline int name_find(struct extfuse_req *req, struct target *target, __u64 *stamp)
{
	struct name_key key = { .parent = req->nodeid };
	const struct name_value *value;
	struct name_value copy;
	__u64 hash;

	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, key.name, sizeof(key.name)))
		return 0;
	hash = name_hash(&key, sizeof(key));
	value = cache_name_find(hash, hash);
	if (!value || !extfuse_copy(&copy, value, hash) || !words_equal(&copy.key, &key, sizeof(key)))
		return 0;
	*target = copy.target;
	*stamp = copy.head.stamp;
	return 1;
}

static __noinline int lname_find(struct extfuse_req *req, struct target *target, __u64 *stamp)
{
	struct lname_key key = { .parent = req->nodeid };
	const struct lname_value *value;
	struct lname_value copy;

	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, key.name, sizeof(key.name)))
		return 0;
	value = bpf_map_lookup_elem(&cache_lname, &key);
	if (!value || !extfuse_copy(&copy, value, name_hash(&key, sizeof(key))))
		return 0;
	*target = copy.target;
	*stamp = copy.head.stamp;
	return 1;
}

/*
 * Reads the name that a reply is about to @name, which is also the name of @entry.  False for
 * "." and "..", which move with directories.
 */
static __always_inline int name_read(struct extfuse_req *req, void *entry, char *name, __u32 size)
{
	int err;

	if (req->flags & EXTFUSE_F_ENTRY)
		err = bpf_extfuse_read_args(req, OUT_PARAM_1, entry, FUSE_NAME_OFFSET + size);
	else
		err = bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, name, size);
	if (err || !name[0])
		return 0;
	return name[0] != '.' || (name[1] && (name[1] != '.' || name[2]));
}

static __noinline int name_store(struct extfuse_req *req, const struct target *target)
{
	union name_room room = {};
	__u32 place;
	__u64 hash;

	if (!name_read(req, &room.entry, room.value.key.name, sizeof(room.value.key.name)))
		return 0;
	room.value.target = *target;
	room.value.key.parent = req->nodeid;
	hash = name_hash(&room.value.key, sizeof(room.value.key));
	extfuse_seal(&room.value, hash, req->stamp);
	place = cache_name_place_for(hash, hash);
	return bpf_map_update_elem(&cache_name, &place, &room.value, BPF_ANY);
}

static __noinline int lname_store(struct extfuse_req *req, const struct target *target)
{
	struct lname_value value = { .target = *target };
	union lname_room room = {};

	if (!name_read(req, &room.entry, room.key.name, sizeof(room.key.name)))
		return 0;
	room.key.parent = req->nodeid;
	extfuse_seal(&value, name_hash(&room.key, sizeof(room.key)), req->stamp);
	return bpf_map_update_elem(&cache_lname, &room.key, &value, BPF_ANY);
}

/* Is @nodeid what the request's name leads to, by what is remembered and still fresh? */
static __always_inline int name_recall(struct extfuse_req *req, __u64 nodeid,
				       struct target *name)
{
	__u32 size = req->in_size[0];
	__u64 stamp = 0;
	int found = 0;

	if (size <= NAME_SHORT)
		found = name_find(req, name, &stamp);
	else if (size <= NAME_LONG)
		found = lname_find(req, name, &stamp);
	return found && name->nodeid == nodeid && name->until > req->now &&
	       bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_NAME, stamp) == 1;
}

/* Remembers what a name leads to. */
static __always_inline void name_learn(struct extfuse_req *req, const struct target *target)
{
	__u32 size;

	if (target->until <= req->now)
		return;
	size = req->flags & EXTFUSE_F_ENTRY ? req->out_size[1] - FUSE_NAME_OFFSET + 1 :
					      req->in_size[0];
	if (size <= NAME_SHORT)
		name_store(req, target);
	else if (size <= NAME_LONG)
		lname_store(req, target);
}

static __always_inline int names_dir(void)
{
	return extfuse_options.flags & EXTFUSE_OPT_NAMES_DIR;
}

/* When actimeo ends for a reply that is here now; 0: the daemon's word stands. */
static __always_inline __u64 actimeo_until(struct extfuse_req *req)
{
	__u64 ns = extfuse_options.actimeo_ns;

	return ns ? extfuse_time_add(req->now, ns) : 0;
}

static __always_inline __u64 later(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

/* What is left of a lifetime, as a reply states it. */
static __always_inline void left_split(struct extfuse_req *req, __u64 until,
				       uint64_t *sec, uint32_t *nsec)
{
	__u64 left = until > req->now && !METACACHE_ASK_AGAIN ? until - req->now : 0;

	extfuse_time_split(left, sec, nsec);
}

/* How long the administrator lets it be kept that a name does not exist. */
static __always_inline __u64 negative_ns(void)
{
	return extfuse_options.flags & EXTFUSE_OPT_NEGTIMEO ? extfuse_options.negtimeo_ns :
							      extfuse_options.actimeo_ns;
}

/* As actimeo_until(). */
static __always_inline __u64 negative_until(struct extfuse_req *req)
{
	__u64 ns = negative_ns();

	return ns ? extfuse_time_add(req->now, ns) : 0;
}

/* A name that does not exist, with a lifetime: the reply is a fuse_entry_out of node id 0. */
static __always_inline int negative_learn(struct extfuse_req *req, struct fuse_entry_out *out,
					  struct target *name)
{
	__u64 longer = negative_until(req);

	name->daemon_until = req->entry_until;
	name->until = later(req->entry_until, longer);
	if (longer <= req->entry_until || names_dir() || METACACHE_ASK_AGAIN)
		return EXTFUSE_KEEP;
	extfuse_time_split(negative_ns(), &out->entry_valid, &out->entry_valid_nsec);
	return bpf_extfuse_write_args(req, OUT_PARAM_0, out, sizeof(*out)) ? EXTFUSE_KEEP : 0;
}

static __noinline int negative_answer(struct extfuse_req *req, const struct target *name)
{
	struct fuse_entry_out out = {};

	left_split(req, names_dir() ? name->daemon_until : name->until,
		   &out.entry_valid, &out.entry_valid_nsec);
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out)) ? EXTFUSE_UPCALL : 0;
}

#endif /* NAMES_H */
