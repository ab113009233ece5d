// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 (FIPS 180-4), see sha256.h.  By hand, because a mount at boot needs nothing but its own file.
 */
#include "sha256.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK	64	/* bytes */

/* Where the length of all is, in the last block. */
#define LENGTH_AT	(BLOCK - 8)

/* Of the cube roots of the first 64 primes what is behind the point. */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Of the square roots of the first eight. */
static const uint32_t first_state[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,

};

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
};

static uint32_t turn(uint32_t x, unsigned int by)
{
	return x >> by | x << (32 - by);
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void expand(uint32_t w[64], const unsigned char *block)
{
	uint32_t a, b;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = word_at(block + 4 * i);
	for (; i < 64; i++) {
		a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
		b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
}

static void take_block(struct sha256 *h, const unsigned char *block)
{
	uint32_t w[64], v[8], a, b;
	int i;

	expand(w, block);
	memcpy(v, h->state, sizeof(v));
	for (i = 0; i < 64; i++) {
		a = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + w[i];
		b = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += a;
		v[0] = a + b;
	}
	for (i = 0; i < 8; i++)
		h->state[i] += v[i];
}

/* @rest: what does not fill a block. */
static void finish(struct sha256 *h, unsigned char *block, size_t rest)
{
	int i;

	h->bytes += rest;
	memset(block + rest, 0, BLOCK - rest);
	block[rest] = 0x80;
	if (rest >= LENGTH_AT) {
		take_block(h, block);
		memset(block, 0, BLOCK);
	}
	for (i = 0; i < 8; i++)
		block[LENGTH_AT + i] = h->bytes * 8 >> (56 - 8 * i);
	take_block(h, block);
}

int sha256_file(const char *path, char text[SHA256_TEXT])
{
	struct sha256 h = { 0 };
	unsigned char block[BLOCK];
	FILE *f = fopen(path, "re");
	size_t n;
	int i, err;

	if (!f)
		return -errno;
	memcpy(h.state, first_state, sizeof(h.state));
	errno = 0;
	while ((n = fread(block, 1, BLOCK, f)) == BLOCK) {
		take_block(&h, block);
		h.bytes += BLOCK;
	}
	err = ferror(f) ? -errno : 0;
	fclose(f);
	if (err)
		return err;
	finish(&h, block, n);
	for (i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", h.state[i]);
	return 0;
}
