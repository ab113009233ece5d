// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with negtimeo nothing is kept of an ENOENT that a notification has overtaken; shadow finds names made behind the mount
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "negative.h"

static void *looker(void *unused)
{
	look("mnt/n", ENOENT);
	return unused;
}

static void *notifier(void *unused)
{
	raw_inval_entry(rf, FUSE_ROOT_ID, "n");
	return unused;
}

static uint64_t clock_now(void)
{
	struct extfuse_ioc_query query = {};

	CHECK(!extfuse_conn__query(raw_fd(rf), 0, &query), "query");
	return query.clock;
}

/* The daemon has looked, then the name is made, which it tells, and its answer comes last. */
static void overtaken(void)
{
	pthread_t threads[2];
	uint64_t before;

	serve_names(&(struct extfuse_options){ .negtimeo_ns = LONG_NS, .negtimeo_given = true }, 0);
	raw_hold(rf, FUSE_LOOKUP);
	CHECK(!pthread_create(&threads[0], NULL, looker, NULL), "thread");
	raw_wait_held(rf, FUSE_LOOKUP, 1, 10);
	before = clock_now();
	/* It waits for the directory, which is locked, but first it says so. */
	CHECK(!pthread_create(&threads[1], NULL, notifier, NULL), "thread");
	CHECK(raw_until(10, clock_now() > before), "the notification must be heard");
	raw_let_go(rf, FUSE_LOOKUP);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	expect_look("mnt/n", ENOENT, 1, "what was answered after it was told");
	expect_look("mnt/n", ENOENT, 0, "and what is asked then");
	end_names();
}

static void shadowed(void)
{
	const struct extfuse_options opts = { .negtimeo_ns = LONG_NS, .negtimeo_given = true, .shadow = true };

	serve_names(&opts, 0);
	expect_look("mnt/n", ENOENT, 1, "the daemon is asked");
	expect_look("mnt/n", ENOENT, 1, "each time");
	CHECK(stats(FUSE_LOOKUP).answered == 1 && !stats(FUSE_LOOKUP).differed, "a program answers beside it, and right");
	raw_file(rf, "/n", "text", 4);
	expect_look("mnt/n", 0, 1, "the daemon's answer counts");
	CHECK(stats(FUSE_LOOKUP).differed == 1, "and the difference is counted");
	end_names();
}

int main(void)
{
	overtaken();
	shadowed();
	return 0;
}
