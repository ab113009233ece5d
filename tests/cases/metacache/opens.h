/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the cases of what stays when a file is closed: a raw daemon whose names and attributes stay valid, and that
 * counts the handles that it has open.
 */
#ifndef METACACHE_OPENS_H
#define METACACHE_OPENS_H

#include <stdatomic.h>

#include "kinds.h"

static atomic_int opened, released, dirs_opened, dirs_released;

static inline int note_open(struct raw_req *req)
{
	atomic_fetch_add(req->in->opcode == FUSE_OPENDIR ? &dirs_opened : &opened, 1);
	return RAW_DEFAULT;
}

static inline int note_release(struct raw_req *req)
{
	atomic_fetch_add(req->in->opcode == FUSE_RELEASE ? &released : &dirs_released, 1);
	return RAW_DEFAULT;
}

/* How many handles the daemon has open: of what the kernel has closed, none may be left in the end. */
static inline int files_open(void) { return opened - released; }
static inline int dirs_open(void) { return dirs_opened - dirs_released; }

#define NO_LIFETIME	UINT64_MAX	/* as raw_opts.attr_ns; else it is long */

/* "/f", "/g", and the directory "/d" with "/d/f". */
static inline void serve_opens(const struct raw_opts *raw, const struct extfuse_options *opts)
{
	struct raw_opts with = *raw;

	opened = released = dirs_opened = dirs_released = 0;
	with.attr_ns = with.attr_ns == NO_LIFETIME ? 0 : LONG_NS;
	with.entry_ns = LONG_NS;
	rf = raw_start(&with);
	file = raw_file(rf, "/f", "text", 4);
	raw_file(rf, "/g", "text", 4);
	raw_mkdir(rf, "/d");
	raw_file(rf, "/d/f", "text", 4);
	raw_on(rf, FUSE_OPEN, note_open, NULL);
	raw_on(rf, FUSE_CREATE, note_open, NULL);
	raw_on(rf, FUSE_OPENDIR, note_open, NULL);
	raw_on(rf, FUSE_RELEASE, note_release, NULL);
	raw_on(rf, FUSE_RELEASEDIR, note_release, NULL);
	attach("metacache", opts);
}

static const struct extfuse_options keeps = { .actimeo_ns = LONG_NS, .closetimeo_ns = LONG_NS };

/* As the module counts them. */
static inline int kept(void)
{
	struct extfuse_ioc_query query = { 0 };

	CHECK(!extfuse_conn__query(raw_fd(rf), 0, &query), "query");
	return query.kept;
}

/* Each handle that was opened is released, at the latest with the mount. */
static inline void end_opens(void)
{
	no_bad_verdicts();
	raw_balance(rf);
	raw_umount(rf);
	CHECK(!files_open() && !dirs_open(), "%d files and %d directories were never released", files_open(), dirs_open());
	raw_stop(rf);
}

static inline int open_for(const char *path, int flags)
{
	int fd = open(path, flags);

	CHECK(fd >= 0, "open %s", path);
	return fd;
}

/* Opened for reading and closed, with so many OPENs; its attributes are valid, as after ls. */
static inline void expect_opened(const char *path, int flags, unsigned int n, const char *what)
{
	uint32_t opcode = flags & O_DIRECTORY ? FUSE_OPENDIR : FUSE_OPEN;
	struct stat st;

	CHECK(!stat(path, &st), "%s: stat %s", what, path);
	raw_reset(rf);
	close(open_for(path, flags));
	CHECK(raw_count(rf, opcode) == n, "%s: %s must be opened %u times: %s", what, path, n, raw_asked(rf));
}

static inline void never(const char *path, int flags, const char *what)
{
	expect_opened(path, flags, 1, what);
	expect_opened(path, flags, 1, what);
}

#endif
