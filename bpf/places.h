/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where metacache keeps things: in arrays, where a thing has eight places, which it
 * shares with others, and takes the one that was filled first.  It is found without the
 * walk of a hash table, and stored without its locks.  With two places, a listing of a
 * thousand files would push out some of its own.
 */
#ifndef PLACES_H
#define PLACES_H

#include <extfuse/bpf.h>

/* Elements of the largest map, unless cachesize= says otherwise. */
#define ENTRIES		32768

#define PLACES		8

EXTFUSE_OPTIONS;

/* Node ids are addresses with some daemons, numbers from 1 with others. */
static __always_inline __u64 node_hash(__u64 nodeid)
{
	return nodeid * 0x9e3779b97f4a7c15ULL;
}

/* The first of eight, in a map that is 1/@share of the largest; of @hash the upper half counts. */
static __always_inline __u32 first_place(__u64 hash, __u32 share)
{
	/* An older library says nothing of sizes, and has changed none. */
	__u32 sets = (extfuse_options.entries ?: ENTRIES) / share / PLACES;

	return ((hash >> 32) * sets >> 32) * PLACES;
}

/*
 * A map of 1/@share of the largest size, of struct @what, which begins with a mark:
 * map_find() gives what is kept of a key, or NULL, map_place_for() says where to keep it:
 * where it is already, else in the place that was filled first.
 */
#define PLACES_MAP(map, what, share)							\
struct {										\
	__uint(type, BPF_MAP_TYPE_ARRAY);						\
	__uint(max_entries, ENTRIES / (share));						\
	__type(key, __u32);								\
	__type(value, struct what);							\
} map SEC(".maps");									\
											\
static __always_inline const struct what *map##_at(__u32 place)			\
{											\
	return bpf_map_lookup_elem(&map, &place);					\
}											\
											\
static __always_inline const struct what *map##_find(__u64 key, __u64 hash)		\
{											\
	__u32 place = first_place(hash, share);						\
	const struct what *value;							\
	int i;										\
											\
	_Pragma("unroll")								\
	for (i = 0; i < PLACES; i++) {							\
		value = map##_at(place + i);						\
		if (value && value->head.key == key)					\
			return value;							\
	}										\
	return 0;									\
}											\
											\
static __always_inline __u32 map##_place_for(__u64 key, __u64 hash)			\
{											\
	__u32 place = first_place(hash, share), best = place;				\
	const struct what *value;							\
	__u64 oldest = ~0ULL;								\
	int i;										\
											\
	_Pragma("unroll")								\
	for (i = 0; i < PLACES; i++) {							\
		value = map##_at(place + i);						\
		if (!value || value->head.key == key)					\
			return place + i;						\
		if (value->head.stamp < oldest) {					\
			oldest = value->head.stamp;					\
			best = place + i;						\
		}									\
	}										\
	return best;									\
}

#endif /* PLACES_H */
