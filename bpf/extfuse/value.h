/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Values of maps that are safe to read while others write.  Programs include this with
 * <extfuse/bpf.h>, and daemons that fill a program's map include it by itself.
 */
#ifndef _EXTFUSE_VALUE_H
#define _EXTFUSE_VALUE_H

#include <linux/stddef.h>	/* __always_inline, where libbpf and libc have not said it */
#include <linux/types.h>

/*
 * Values of hash maps.  The kernel takes an element back at once when it is
 * deleted or, in an LRU map, when room is needed, and fills it anew while
 * another processor, or a program that was preempted here, still reads it.  So
 * a value begins and ends with a mark:
 *
 *	struct value {
 *		struct extfuse_mark head;
 *		... whole 64-bit words, no padding ...
 *		struct extfuse_mark tail;
 *	};
 *
 * A writer builds a value in its own memory, seals it with extfuse_seal(), and
 * gives it to bpf_map_update_elem(); it never writes into a map.  A reader copies
 * it with extfuse_copy() and uses the copy only if that returns true.  The
 * tail's stamp is mixed with a sum of all words between: the order in which a
 * processor moves the bytes of a value is not ours to choose.
 *
 * @key identifies the element: the map's key, or a hash of it.
 */
struct extfuse_mark {
	__u64	key;
	__u64	stamp;
};

/* Values are handled by the word, whatever their members are. */
typedef __u64 __attribute__((__may_alias__)) extfuse_word;

#define EXTFUSE_MARK_WORDS	(sizeof(struct extfuse_mark) / sizeof(extfuse_word))

static __always_inline __u64 __extfuse_mix(__u64 sum, __u64 word)
{
	return (sum ^ word) * 0x9e3779b97f4a7c15ULL;
}

static __always_inline void __extfuse_seal(extfuse_word *v, unsigned long words, __u64 key, __u64 stamp)
{
	__u64 sum = stamp;
	unsigned long i;

#ifdef __clang__
#pragma unroll
#endif
	for (i = words - EXTFUSE_MARK_WORDS; i > EXTFUSE_MARK_WORDS; i--) {
		sum = __extfuse_mix(sum, v[i - 1]);
		asm volatile("" : "+r"(sum));
	}
	v[0] = key;
	v[1] = stamp;
	v[words - 2] = key;
	v[words - 1] = sum;
}

static __always_inline int __extfuse_copy(extfuse_word *dst, const volatile extfuse_word *src,
		   unsigned long words, __u64 key)
{
	/* volatile: each word is read once, and what is checked is what was copied. */
	__u64 head = src[0], sum = src[1];
	unsigned long i;

	dst[0] = head;
	dst[1] = sum;
#ifdef __clang__
#pragma unroll
#endif
	for (i = words - EXTFUSE_MARK_WORDS; i > EXTFUSE_MARK_WORDS; i--) {
		__u64 word = src[i - 1];

		dst[i - 1] = word;
		sum = __extfuse_mix(sum, word);
		/* Without it the compiler keeps a second copy of the words on the stack. */
		asm volatile("" : "+r"(sum) : "r"(dst) : "memory");
	}
	return head == key && src[words - 2] == key && src[words - 1] == sum;
}

/**
 * extfuse_seal - make a value ready for its map
 * @v:		pointer to the value, in the program's own memory
 * @k:		what identifies the element
 * @s:		stamp: extfuse_req.stamp of the request that it is made from; of a daemon the
 *		clock (extfuse_ioc_query.clock) before it looked at what it writes
 */
#define extfuse_seal(v, k, s) ({						\
	_Static_assert(sizeof(*(v)) % sizeof(__u64) == 0, "whole words only");	\
	__extfuse_seal((extfuse_word *)(v), sizeof(*(v)) / sizeof(extfuse_word),	\
		       (k), (s));							\
})

/**
 * extfuse_copy - copy a value out of its map and check it
 * @dst:	pointer to a value in the program's own memory; its tail stays as it was
 * @src:	what bpf_map_lookup_elem() returned, not NULL
 * @k:		what identifies the element
 *
 * True if @dst is what a writer has sealed for @k.
 */
#define extfuse_copy(dst, src, k) ({						\
	_Static_assert(sizeof(*(dst)) == sizeof(*(src)), "one type of value");	\
	_Static_assert(sizeof(*(dst)) % sizeof(__u64) == 0, "whole words only");	\
	__extfuse_copy((extfuse_word *)(dst), (const volatile extfuse_word *)(src),	\
		       sizeof(*(dst)) / sizeof(extfuse_word), (k));		\
})

#endif /* _EXTFUSE_VALUE_H */
