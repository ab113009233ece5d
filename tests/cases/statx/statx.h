/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about STATX share: a daemon that answers it out of its tree with one time of birth for all, the caller's
 * side, and a rule that answers what the kernel knows already, so that a case changes one field of it.
 */
#ifndef STATX_H
#define STATX_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "case.h"
#include "rawnew.h"
#include "script.h"

#define LONG_NS		(1000 * RAW_SEC)
#define BORN_SEC	1234567890
#define BORN_NSEC	987654321

static struct rawfuse *rf;
static struct script *s;

static struct raw_statx_time statx_time(uint64_t sec, uint32_t nsec)
{
	return (struct raw_statx_time){ .sec = sec, .nsec = nsec };
}

static inline void statx_fill(struct raw_node *node, struct raw_statx_out *out)
{
	struct fuse_attr_out a;

	raw_fill_attr(rf, node, &a);
	*out = (struct raw_statx_out){
		.attr_valid = a.attr_valid,
		.attr_valid_nsec = a.attr_valid_nsec,
		.stat = {
			.mask = STATX_BASIC_STATS | STATX_BTIME,
			.blksize = a.attr.blksize, .nlink = a.attr.nlink, .uid = a.attr.uid, .gid = a.attr.gid,
			.mode = a.attr.mode, .ino = a.attr.ino, .size = a.attr.size, .blocks = a.attr.blocks,
			.atime = statx_time(a.attr.atime, a.attr.atimensec),
			.mtime = statx_time(a.attr.mtime, a.attr.mtimensec),
			.ctime = statx_time(a.attr.ctime, a.attr.ctimensec),
			.btime = statx_time(BORN_SEC, BORN_NSEC),
			.rdev_major = major(a.attr.rdev), .rdev_minor = minor(a.attr.rdev),
		},
	};
}

static inline int statx_serve(struct raw_req *req)
{
	struct raw_node *node = raw_node(rf, req->in->nodeid);
	struct raw_statx_out out;

	raw_lock(rf);
	statx_fill(node, &out);
	raw_unlock(rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

/* As who wants to know when the file was born. */
static inline int statx_of(const char *path, int flags, struct statx *st)
{
	memset(st, 0, sizeof(*st));
	return statx(AT_FDCWD, path, flags, STATX_BASIC_STATS | STATX_BTIME, st);
}

/* An answer to STATX of @node. */
static inline struct script_rule rule_statx(struct raw_node *node, struct raw_statx_out *out)
{
	statx_fill(node, out);
	return (struct script_rule){ .nodeid = node->id, .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_ATTR } } };
}

static inline void rule_put(const struct script_rule *rule, const struct raw_statx_out *out)
{
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, rule, out, sizeof(*out));
}

/* A mount whose kernel has asked for STATX once, and so knows it and when /a was born. */
static inline struct raw_node *statx_start(const struct extfuse_options *options)
{
	struct raw_node *node;
	struct statx st;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .minor = 39 });
	raw_on(rf, RAW_STATX, statx_serve, NULL);
	node = raw_file(rf, "/a", "text", 4);
	CHECK(!statx_of("mnt/a", 0, &st) && st.stx_size == 4, "statx");
	if (!raw_count(rf, RAW_STATX)) {
		raw_stop(rf);
		SKIP("this kernel's fuse does not send STATX");
	}
	CHECK(st.stx_mask & STATX_BTIME && st.stx_btime.tv_sec == BORN_SEC && st.stx_btime.tv_nsec == BORN_NSEC,
	      "the caller must get the time of birth from the daemon");
	s = script_attach(rf, "script", options);
	return node;
}

static inline void statx_stop(void)
{
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

#endif
