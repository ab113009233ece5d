// SPDX-License-Identifier: GPL-2.0-only
/* Requests that are answered later, in any order. */
#include "daemon.h"

#define KEPT	16

static struct raw_req *kept[KEPT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void serve(struct raw_req *req)
{
	if (!reply_too_much(req))
		ops_default(req);
	if (!req->replied)
		raw_reply(req, -EINTR, NULL, 0);
	free(req);
}

void late_keep(struct raw_req *req)
{
	struct raw_req *copy = raw_keep(req), *out = NULL;
	uint32_t at = req->in->unique / 2 % KEPT;

	pthread_mutex_lock(&lock);
	out = kept[at];
	kept[at] = copy;
	pthread_mutex_unlock(&lock);
	if (out)
		serve(out);
}

void *late_thread(void *data)
{
	struct rng r = rng_of(config.seed, ROLE_LATER, 0);
	struct raw_req *req;
	uint32_t at;

	for (;;) {
		fuzz_nap(rng_below(&r, 4000));
		at = rng_below(&r, KEPT);
		pthread_mutex_lock(&lock);
		req = kept[at];
		kept[at] = NULL;
		pthread_mutex_unlock(&lock);
		if (req)
			serve(req);
	}
	return data;
}
