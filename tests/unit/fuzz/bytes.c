// SPDX-License-Identifier: GPL-2.0-only
/* xorshift64*, and the usual mutations of a fuzzer; see bytes.h. */
#include "bytes.h"

#include <string.h>

static uint64_t state;

void bytes_seed(uint64_t seed)
{
	state = seed * 2 + 1;
}

static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

uint32_t bytes_random(uint32_t below)
{
	return (next() >> 32) % below;
}

/* Often small numbers, zeros and ones: what is compared with something. */
void bytes_fill(void *to, size_t size)
{
	unsigned char *p = to;
	size_t i;

	memset(to, bytes_random(2) ? 0 : 0xff, size);
	for (i = 0; i < size; i++) {
		if (bytes_random(3) == 0)
			p[i] = bytes_random(4) ? bytes_random(256) : bytes_random(8);
	}
}

static size_t put_in(char *to, size_t len, size_t room, size_t at, const char *what, size_t n)
{
	if (n > room - len)
		n = room - len;
	memmove(to + at + n, to + at, len - at);
	memcpy(to + at, what, n);
	return len + n;
}

static size_t take_out(char *to, size_t len, size_t at, size_t n)
{
	memmove(to + at, to + at + n, len - at - n);
	return len - n;
}

static size_t change(const struct corpus *c, char *to, size_t len, size_t room)
{
	size_t at = bytes_random(len + 1), n = bytes_random(len - at + 1);
	static const char odd[] = "\n\\\"=,:- #%/\x7f\xff\x01 0";
	const char *word;
	char copy[64];

	switch (bytes_random(7)) {
	case 0:
		if (at < len)
			to[at] ^= 1 << bytes_random(8);
		return len;
	case 1:
		if (at < len)
			to[at] = odd[bytes_random(sizeof(odd))];
		return len;
	case 2:
		return take_out(to, len, at, n);
	case 3:
		if (n > sizeof(copy))
			n = sizeof(copy);
		memcpy(copy, to + at, n);
		return put_in(to, len, room, bytes_random(len + 1), copy, n);
	case 4:
		word = c->words[bytes_random(c->nwords)];
		return put_in(to, len, room, at, word, strlen(word));
	case 5:
		word = c->seeds[bytes_random(c->nseeds)];
		n = bytes_random(strlen(word) + 1);
		return put_in(to, len, room, at, word + n, strlen(word) - n);
	default:
		memset(copy, bytes_random(256), sizeof(copy));
		return put_in(to, len, room, at, copy, bytes_random(sizeof(copy)));
	}
}

size_t bytes_mutate(const struct corpus *c, char *to, size_t room)
{
	const char *seed = c->seeds[bytes_random(c->nseeds)];
	size_t len = put_in(to, 0, room - 1, 0, seed, strlen(seed));
	uint32_t turns = bytes_random(9);

	while (turns--)
		len = change(c, to, len, room - 1);
	to[len] = '\0';
	return len;
}
