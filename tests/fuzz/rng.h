/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generators of the fuzzer. Each task, and each reply of the daemon, has one of its own, made of the seed and of what it
 * is for: so what one of them draws does not depend on when the others run.
 */
#ifndef FUZZ_RNG_H
#define FUZZ_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/* A counter, and a function that mixes its bits: any start is as good as another. */
static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static inline struct rng rng_of(uint64_t seed, uint64_t what, uint64_t which)
{
	struct rng r = { seed };

	r.state = rng_next(&r) ^ what << 40;
	r.state = rng_next(&r) ^ which;
	rng_next(&r);
	return r;
}

static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return rng_next(r) % n;
}

static inline bool rng_one_in(struct rng *r, uint64_t n)
{
	return !rng_below(r, n);
}

#define RNG_PICK(r, array)	((array)[rng_below(r, sizeof(array) / sizeof(*(array)))])

/* Numbers at which something ends or begins. */
uint64_t rng_odd(struct rng *r);
/* Bytes; often all of them the same. */
void rng_fill(struct rng *r, void *to, size_t size);

#endif
