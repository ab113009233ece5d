/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the cases of metacache with xattrtimeo: a raw daemon whose names and attributes stay valid, so that what is
 * counted are GETXATTR and LISTXATTR alone.
 */
#ifndef METACACHE_XATTRS_H
#define METACACHE_XATTRS_H

#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"

#define LONG_NS (1000 * RAW_SEC)
#define CAPABILITY "security.capability"

static struct rawfuse *rf;
static struct raw_node *file;

static inline void attach(const char *object, const struct extfuse_options *opts)
{
	struct extfuse_ext *ext;
	char err[512];

	CHECK(!extfuse_ext__open(&ext, object, opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	extfuse_ext__free(ext);
}

/* "/f" with user.a=value and no other attribute; @ns: xattrtimeo; @options: of the mount. */
static inline void serve_with(uint64_t ns, bool shadow, uint64_t flags, const char *options)
{
	const struct extfuse_options opts = { .actimeo_ns = LONG_NS, .xattrtimeo_ns = ns, .shadow = shadow };

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS, .flags = flags, .options = options });
	file = raw_file(rf, "/f", "text", 4);
	raw_setxattr(rf, file, "user.a", "value", 5);
	attach("metacache", &opts);
}

static inline void serve(uint64_t ns, bool shadow, uint64_t flags)
{
	serve_with(ns, shadow, flags, NULL);
}

static inline struct extfuse_op_stats stats(uint32_t opcode)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];

	CHECK(!extfuse_conn__stats(raw_fd(rf), 0, ops), "counters");
	return ops[opcode];
}

static inline void end(void)
{
	CHECK(!stats(FUSE_GETXATTR).bad && !stats(FUSE_LISTXATTR).bad, "no program may have said what must not be said");
	raw_balance(rf);
	raw_stop(rf);
}

/* How many GETXATTRs and LISTXATTRs have come to the daemon since this was asked last. */
static inline unsigned int sent(void)
{
	unsigned int n = raw_count(rf, FUSE_GETXATTR) + raw_count(rf, FUSE_LISTXATTR);

	raw_reset(rf);
	return n;
}

/* All that was sent is over. */
static inline void idle(void)
{
	CHECK(raw_until(10, !raw_in_flight(rf)), "%u requests do not end", raw_in_flight(rf));
}

/* Closes what was open for writing: that is over when the daemon has answered the RELEASE, which close() does not await. */
static inline void close_written(int fd)
{
	CHECK(!close(fd), "close");
	idle();
}

/* One attribute as text: its value, or the name of an error.  What stat() says comes first, as for ls. */
static inline const char *get(const char *path, const char *name)
{
	static char value[4097];
	struct stat st;
	ssize_t len;

	CHECK(!lstat(path, &st), "stat of %s", path);
	len = lgetxattr(path, name, value, sizeof(value) - 1);
	if (len < 0)
		return strerrorname_np(errno);
	value[len] = '\0';
	return value;
}

/* It is @want, and @n requests for it come to the daemon. */
static inline void expect(const char *path, const char *name, const char *want, unsigned int n, const char *what)
{
	const char *got;
	unsigned int came;

	sent();
	got = get(path, name);
	CHECK(!strcmp(got, want), "%s: %s of %s must be %s, not %s", what, name, path, want, got);
	came = sent();
	CHECK(came == n, "%s: %s of %s must be asked for %u times, not %u", what, name, path, n, came);
}

/* Its node is forgotten, and found again. */
static inline void evict(const struct raw_node *node)
{
	uint64_t before = raw_forgets(rf, node->id);
	int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);

	CHECK(write(drop, "2", 1) == 1, "drop_caches");
	close(drop);
	CHECK(raw_until(10, raw_forgets(rf, node->id) > before), "it must be forgotten");
}

/* Attributes that nobody has changed here: somebody has, and the kernel sees it. */
static inline void changed_behind(struct raw_node *node, const char *path)
{
	raw_lock(rf);
	node->attr.ctime += 5;
	raw_unlock(rf);
	CHECK(!statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &(struct statx){}),
	      "statx of %s", path);
}

#endif
