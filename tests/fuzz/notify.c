// SPDX-License-Identifier: GPL-2.0-only
/* Notifications of all kinds, from a thread of its own and from inside handlers. */
#include <unistd.h>

#include "daemon.h"

/* Codes that the oldest <linux/fuse.h> lacks. */
enum { NOTIFY_RESEND = 7, NOTIFY_INC_EPOCH, NOTIFY_PRUNE };

static const char * const names[] = { "a", "b", "c", "d", "e", "f", "secret", "up1", "", ".", "..", "a/c" };

static void draw_polite(struct rng *r)
{
	static char data[65536];
	uint64_t id = draw_id(r);

	switch (rng_below(r, 6)) {
	case 0:
	case 1:
		raw_inval_inode(rf, id, rng_one_in(r, 2) ? -1 : (int64_t)rng_odd(r), rng_odd(r));
		break;
	case 2:
	case 3:
		raw_inval_entry(rf, id, RNG_PICK(r, names));
		break;
	case 4:
		raw_notify_delete(rf, id, draw_id(r), RNG_PICK(r, names));
		break;
	case 5:
		raw_store(rf, id, rng_one_in(r, 2) ? rng_below(r, 20000) : rng_odd(r), data, rng_below(r, sizeof(data)));
		break;
	}
}

static void draw_retrieve(struct rng *r)
{
	struct fuse_notify_retrieve_out out = { .notify_unique = rng_odd(r), .nodeid = draw_id(r), .offset = rng_odd(r), .size = rng_odd(r) };

	if (rng_one_in(r, 2)) {
		out.offset = rng_below(r, 20000);
		out.size = rng_below(r, 70000);
	}
	raw_notify(rf, FUSE_NOTIFY_RETRIEVE, &out, sizeof(out));
}

static void draw_prune(struct rng *r)
{
	struct {
		uint32_t count, padding;
		uint64_t spare;
		uint64_t ids[8];
	} out = { .count = rng_below(r, 9) };
	unsigned int i;

	for (i = 0; i < 8; i++)
		out.ids[i] = draw_id(r);
	if (rng_one_in(r, 8))
		out.count = rng_odd(r);
	raw_notify(rf, NOTIFY_PRUNE, &out, 16 + (rng_one_in(r, 8) ? rng_below(r, 64) : (out.count & 7) * 8));
}

static void draw_rude(struct rng *r)
{
	char bytes[256];

	rng_fill(r, bytes, sizeof(bytes));
	raw_notify(rf, rng_one_in(r, 4) ? (int)rng_odd(r) : (int)rng_below(r, 12), bytes, rng_below(r, sizeof(bytes)));
}

void notify_draw(struct rng *r)
{
	uint64_t wakeup = rng_odd(r);

	fuzz_count(notifications);
	switch (rng_below(r, 12)) {
	case 0:
		draw_rude(r);
		break;
	case 1:
		draw_retrieve(r);
		break;
	case 2:
		draw_prune(r);
		break;
	case 3:
		raw_notify(rf, NOTIFY_RESEND, NULL, 0);
		break;
	case 4:
		raw_notify(rf, NOTIFY_INC_EPOCH, NULL, 0);
		break;
	case 5:
		raw_notify(rf, FUSE_NOTIFY_POLL, &wakeup, sizeof(wakeup));
		break;
	default:
		draw_polite(r);
	}
}

void *notify_thread(void *data)
{
	struct rng r = rng_of(config.seed, ROLE_NOTIFY, 0);

	for (;;) {
		fuzz_nap(rng_below(&r, 2000));
		fuzz_pace(&r, 1);
		notify_draw(&r);
	}
	return data;
}
