/* SPDX-License-Identifier: GPL-2.0-only */
/* Random bytes that are the same in each run, and mutations of texts. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct corpus {
	const char *const *seeds;
	size_t nseeds;
	const char *const *words;	/* that are put in whole */
	size_t nwords;
};

void bytes_seed(uint64_t seed);
uint32_t bytes_random(uint32_t below);
void bytes_fill(void *to, size_t size);

/* Writes a changed seed to @to, with a NUL behind its end, which is at most @room - 1.  Returns its length. */
size_t bytes_mutate(const struct corpus *c, char *to, size_t room);

#endif /* FUZZ_BYTES_H */
