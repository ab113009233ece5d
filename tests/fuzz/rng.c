// SPDX-License-Identifier: GPL-2.0-only
/* What the fuzzer draws that is not evenly spread. */
#include <string.h>

#include "rng.h"

static const uint64_t odd[] = {
	0, 1, 2, 3, 7, 8, 511, 512, 4095, 4096, 4097, 65535, 65536, 131072, 1048576, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 0x7ffffffffffff000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
};

uint64_t rng_odd(struct rng *r)
{
	switch (rng_below(r, 4)) {
	case 0:
		return rng_below(r, 20);
	case 1:
		return rng_below(r, 100000);
	case 2:
		return rng_next(r) >> rng_below(r, 64);
	default:
		return RNG_PICK(r, odd);
	}
}

void rng_fill(struct rng *r, void *to, size_t size)
{
	char *at = to;
	uint64_t x;

	memset(at, rng_below(r, 256), size);
	if (rng_one_in(r, 2))
		return;
	for (; size >= sizeof(x); at += sizeof(x), size -= sizeof(x)) {
		x = rng_next(r);
		memcpy(at, &x, sizeof(x));
	}
}
