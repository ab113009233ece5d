// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a program answers STATX with what the kernel knows, time of birth included; in any other answer no field is taken
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include "statx.h"

static void same(const char *what, const struct statx *a, const struct statx *b)
{
	CHECK(a->stx_mask == b->stx_mask && a->stx_size == b->stx_size && a->stx_mode == b->stx_mode &&
	      a->stx_uid == b->stx_uid && a->stx_gid == b->stx_gid && a->stx_nlink == b->stx_nlink &&
	      a->stx_ino == b->stx_ino && a->stx_rdev_minor == b->stx_rdev_minor &&
	      a->stx_btime.tv_sec == b->stx_btime.tv_sec && a->stx_btime.tv_nsec == b->stx_btime.tv_nsec,
	      "%s: the caller must get what the daemon says", what);
}

/* The rule in force must be asked, and the daemon after it; one more @stale or @bad answer. */
static void refused(const char *what, const char *path, bool bad)
{
	struct extfuse_op_stats before = script_stats(rf, RAW_STATX), after;
	struct statx st, now;

	raw_reset(rf);
	CHECK(!statx_of(path, 0, &now), "%s: statx must work", what);
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, RAW_STATX).done == 1, "%s: the program must be asked", what);
	CHECK(raw_count(rf, RAW_STATX) == 1, "%s: the daemon must be asked", what);
	after = script_stats(rf, RAW_STATX);
	CHECK(after.answered == before.answered, "%s: it must not count as answered", what);
	CHECK(after.bad == before.bad + bad && after.stale == before.stale + !bad, "%s: it must count as %s", what,
	      bad ? "bad" : "stale");
	script_clear(s);
	CHECK(!statx_of(path, 0, &st), "%s: statx must work", what);
	same(what, &now, &st);
}

/* One field of an answer that is right but for it. */
static void spoilt(const char *what, const char *path, struct raw_node *node, size_t offset, uint32_t change, bool bad)
{
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(node, &out);

	*(uint32_t *)((char *)&out.stat + offset) ^= change;
	rule_put(&rule, &out);
	refused(what, path, bad);
}

#define STALE(path, node, field, change) \
	spoilt(path ": " #field, path, node, offsetof(struct raw_statx, field), change, false)
#define BAD(path, node, field, change) \
	spoilt(path ": " #field, path, node, offsetof(struct raw_statx, field), change, true)

static void right(const char *path, struct raw_node *node)
{
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(node, &out);
	struct extfuse_op_stats before = script_stats(rf, RAW_STATX);
	struct statx st, now;

	CHECK(!statx_of(path, 0, &st), "statx of %s", path);
	rule_put(&rule, &out);
	raw_reset(rf);
	CHECK(!statx_of(path, 0, &now), "statx of %s", path);
	CHECK(!raw_count_all(rf), "%s: the right answer must stand", path);
	CHECK(script_stats(rf, RAW_STATX).answered == before.answered + 1, "and count as answered");
	same(path, &now, &st);
	CHECK(now.stx_btime.tv_sec == BORN_SEC && now.stx_btime.tv_nsec == BORN_NSEC, "with the time of birth");
	/* The answer must not have cost the inode what it knows. */
	script_clear(s);
	raw_reset(rf);
	CHECK(!statx_of(path, AT_STATX_DONT_SYNC, &now) && !raw_count_all(rf), "what the kernel has");
	CHECK(now.stx_mask & STATX_BTIME && now.stx_btime.tv_sec == BORN_SEC, "must have the time of birth");
}

static void fields(struct raw_node *file)
{
	struct raw_node *dev = raw_mknod(rf, "/dev", S_IFCHR | 0600, makedev(5, 1));

	STALE("mnt/a", file, ino, 1);
	STALE("mnt/a", file, size, 1);
	STALE("mnt/a", file, mode, 022);
	STALE("mnt/a", file, mode, 04000);
	STALE("mnt/a", file, mode, S_IFDIR | S_IFREG);
	STALE("mnt/a", file, nlink, 2);
	STALE("mnt/a", file, uid, 1000);
	STALE("mnt/a", file, gid, 1000);
	STALE("mnt/a", file, btime.sec, 1);
	STALE("mnt/a", file, btime.nsec, 1);
	STALE("mnt/a", file, mask, STATX_BTIME);
	right("mnt/dev", dev);
	STALE("mnt/dev", dev, rdev_minor, 2);
	STALE("mnt/dev", dev, rdev_major, 2);
	/* The upper word of the size: beyond what a file can have. No type at all. A part of the attributes. */
	spoilt("a negative size", "mnt/a", file, offsetof(struct raw_statx, size) + 4, 1U << 31, true);
	BAD("mnt/a", file, mode, S_IFREG);
	BAD("mnt/a", file, mask, STATX_SIZE);
	BAD("mnt/a", file, mask, STATX_BASIC_STATS | STATX_BTIME);
}

static void malformed(struct raw_node *file)
{
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(file, &out);

	/* Bytes of GETATTR, which is shorter; then more than fits. Neither is written. */
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &rule, &out, sizeof(struct fuse_attr_out));
	refused("a short answer", "mnt/a", true);
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &rule, &out, sizeof(out));
	rule.out_size = sizeof(out) + 8;
	rule.write = SCRIPT_WRITE_OUT;
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &rule, NULL, 0);
	refused("a long answer", "mnt/a", true);
	rule.write = SCRIPT_WRITE_NO;
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &rule, NULL, 0);
	refused("no answer", "mnt/a", true);
	rule.verdict = 2;
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &rule, NULL, 0);
	refused("a wrong verdict", "mnt/a", true);
}

/* Rests on nothing, or on what is older than a change. */
static void unproven(struct raw_node *file)
{
	struct raw_statx_out out;
	struct script_rule rule;
	struct statx st;

	script_record(s, true);
	CHECK(!statx_of("mnt/a", 0, &st), "statx");
	script_record(s, false);
	rule = rule_statx(file, &out);
	rule.fresh[0].stamp = script_find(s, EXTFUSE_PHASE_REQUEST, RAW_STATX)->req.stamp;
	script_flush(s);
	rule_put(&rule, &out);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", 0, &st) && !raw_count_all(rf), "of that stamp it must stand");
	CHECK(!chmod("mnt/a", 0640), "chmod");
	rule_statx(file, &out);
	rule_put(&rule, &out);
	refused("older than a change", "mnt/a", false);

	/* A change behind the kernel's back, which the daemon's own STATX tells. */
	script_record(s, true);
	CHECK(!statx_of("mnt/a", 0, &st), "statx");
	script_record(s, false);
	rule.fresh[0].stamp = script_find(s, EXTFUSE_PHASE_REQUEST, RAW_STATX)->req.stamp;
	script_flush(s);
	raw_lock(rf);
	file->attr.mode ^= 0006;
	raw_unlock(rf);
	/* For a later stamp than that of the rule. */
	CHECK(!chmod("mnt", 0755), "chmod of the root");
	CHECK(!statx_of("mnt/a", 0, &st) && (st.stx_mode & 07777) == (file->attr.mode & 07777), "the new mode");
	rule_statx(file, &out);
	rule_put(&rule, &out);
	refused("older than what the daemon told", "mnt/a", false);

	rule = rule_statx(file, &out);
	rule.nfresh = 0;
	rule_put(&rule, &out);
	refused("without a proof", "mnt/a", false);
}

int main(void)
{
	struct raw_node *file = statx_start(NULL);

	right("mnt/a", file);
	fields(file);
	malformed(file);
	unproven(file);
	right("mnt/a", file);
	statx_stop();
	return 0;
}
