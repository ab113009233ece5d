// SPDX-License-Identifier: GPL-2.0-only
/* Listings with entries that are none. */
#include <sys/stat.h>

#include "daemon.h"

static size_t draw_name(struct rng *r, char *name)
{
	static const char * const names[] = { "a", "b", "c", "d", "e", "f", ".", "..", "/", "a/c", "../c", "", "secret", "up1", "new" };
	size_t len;

	if (rng_one_in(r, 12)) {
		len = rng_below(r, 300);
		rng_fill(r, name, len);
		return len;
	}
	strcpy(name, RNG_PICK(r, names));
	len = strlen(name);
	/* A NUL in its middle. */
	if (rng_one_in(r, 12)) {
		name[len++] = '\0';
		name[len++] = 'x';
	}
	return len;
}

size_t dirents_draw(struct rng *r, bool plus, void *to, size_t room)
{
	unsigned int n = rng_below(r, 12), i;
	size_t head = plus ? sizeof(struct fuse_entry_out) : 0, at = 0, len;
	struct fuse_dirent d;
	char name[512];

	for (i = 0; i < n && at + head + sizeof(d) + sizeof(name) < room; i++) {
		len = draw_name(r, name);
		d = (struct fuse_dirent){ .ino = rng_one_in(r, 4) ? rng_odd(r) : 2 + rng_below(r, 12), .off = i + 1,
					  .namelen = len, .type = rng_below(r, 16) };
		if (rng_one_in(r, 10))
			d.namelen = rng_odd(r);
		if (rng_one_in(r, 10))
			d.off = rng_odd(r);
		if (rng_one_in(r, 20))
			d.type = rng_odd(r);
		if (plus)
			draw_entry(r, (void *)((char *)to + at));
		memset((char *)to + at + head, 0, sizeof(d) + sizeof(name));
		memcpy((char *)to + at + head, &d, offsetof(struct fuse_dirent, name));
		memcpy((char *)to + at + head + offsetof(struct fuse_dirent, name), name, len);
		at += head + FUSE_DIRENT_ALIGN(offsetof(struct fuse_dirent, name) + len);
		if (rng_one_in(r, 30))
			at += rng_below(r, 7);
	}
	return at;
}
