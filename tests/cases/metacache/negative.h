/* SPDX-License-Identifier: GPL-2.0-only */
/* For the cases of names that are not there: what is counted are LOOKUPs. */
#ifndef METACACHE_NEGATIVE_H
#define METACACHE_NEGATIVE_H

#include <sys/syscall.h>

#include "xattrs.h"

/* "/f", without lifetimes; @negative_ns: as raw_opts has it. */
static inline void serve_names(const struct extfuse_options *opts, uint64_t negative_ns)
{
	rf = raw_start(&(struct raw_opts){ .negative_ns = negative_ns });
	file = raw_file(rf, "/f", "text", 4);
	attach("metacache", opts);
}

static inline void end_names(void)
{
	CHECK(!stats(FUSE_LOOKUP).bad && !stats(FUSE_LOOKUP).stale, "no program may have said what must not be said");
	raw_balance(rf);
	raw_stop(rf);
}

static inline void look(const char *path, int want)
{
	struct stat st;
	int err = lstat(path, &st) ? errno : 0;

	CHECK(err == want, "%s: %s", path, strerror(err));
}

/* It is as @want says, and @n LOOKUPs come to the daemon. */
static inline void expect_look(const char *path, int want, unsigned int n, const char *what)
{
	unsigned int came;
	struct stat st;
	int err;

	raw_reset(rf);
	err = lstat(path, &st) ? errno : 0;
	CHECK(err == want, "%s: %s: %s", what, path, strerror(err));
	came = raw_count(rf, FUSE_LOOKUP);
	CHECK(came == n, "%s: %s must be asked for %u times, not %u", what, path, n, came);
}

/* Of this thread alone, without glibc, which would tell all threads of the daemon's. */
static inline void become(unsigned int uid)
{
	CHECK(!syscall(SYS_setresgid, uid, uid, uid) && !syscall(SYS_setresuid, uid, uid, uid), "another user");
}

static inline void run_as(void *(*as_another)(void *))
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, as_another, NULL) && !pthread_join(thread, NULL), "thread");
}

#endif
