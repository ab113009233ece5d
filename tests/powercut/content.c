// SPDX-License-Identifier: GPL-2.0-only
/* What worker and checker must agree about: the content of a sector, and what becomes of names. */
#include <string.h>

#include "model.h"

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Never zero: that is what a hole reads as. */
uint64_t word(uint64_t run, uint32_t file, uint32_t sector, uint32_t version, int i)
{
	return (mix(run) ^ mix((uint64_t)file << 48 | (uint64_t)sector << 32 | version) * (2 * i + 1)) | 1;
}

void fill(char *buf, uint64_t run, uint32_t file, uint32_t first, uint32_t count, uint32_t version)
{
	uint64_t w;
	uint32_t s;
	int i;

	for (s = first; s < first + count; s++) {
		for (i = 0; i < SECTOR / 8; i++, buf += 8) {
			w = word(run, file, s, version, i);
			memcpy(buf, &w, 8);
		}
	}
}

void name_path(char *path, uint32_t name)
{
	snprintf(path, PATH_SIZE, "d%u/n%u", name / SLOTS, name % SLOTS);
}

bool names_apply(struct object *names, const struct record *r)
{
	struct object old;

	switch (r->op) {
	case OP_PUT:
		names[r->a] = (struct object){ r->b, r->b == KIND_FILE || r->b == KIND_LINK ? r->seq : 0 };
		return true;
	case OP_MOVE:
		names[r->b] = names[r->a];
		names[r->a] = (struct object){};
		return true;
	case OP_EXCHANGE:
		old = names[r->b];
		names[r->b] = names[r->a];
		names[r->a] = old;
		return true;
	case OP_LINK:
		names[r->b] = names[r->a];
		return true;
	case OP_REMOVE:
		names[r->a] = (struct object){};
		return true;
	}
	return false;
}
