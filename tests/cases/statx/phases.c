// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: STATX is seen in both phases, refused as any look is; what is forced is the daemon's; lifetimes are capped
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include "statx.h"

static void seen(struct raw_node *file)
{
	const struct script_event *e;
	struct raw_statx_in in;
	struct raw_statx_out out, want;
	struct statx st;

	script_record(s, true);
	CHECK(!statx_of("mnt/a", 0, &st), "statx");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, RAW_STATX);
	CHECK(e->req.nodeid == file->id && e->num_in == 1 && e->num_out == 1, "its node, one input, one output");
	CHECK(!e->in_result[0] && e->size[0] == sizeof(in), "the input has %u bytes", e->size[0]);
	memcpy(&in, e->in[0], sizeof(in));
	CHECK(in.mask == (STATX_BASIC_STATS | STATX_BTIME), "everything is asked for, not 0x%x", in.mask);
	CHECK(e->req.out_size[0] == sizeof(out) && e->out_result[0] == -ENODATA, "nothing is written yet");
	CHECK(!(e->req.flags & (EXTFUSE_F_FRESH | EXTFUSE_F_CHANGES)), "flags 0x%x", e->req.flags);
	e = script_find(s, EXTFUSE_PHASE_REPLY, RAW_STATX);
	CHECK(!e->req.error && !e->out_result[0], "the reply phase sees the output: %d", e->out_result[0]);
	memcpy(&out, e->out[0], sizeof(out));
	statx_fill(file, &want);
	CHECK(!memcmp(&out, &want, sizeof(out)), "the daemon's bytes");
	script_flush(s);
}

/* AT_STATX_FORCE_SYNC is sent to ask the daemon. */
static void forced(struct raw_node *file)
{
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(file, &out);
	struct extfuse_op_stats before = script_stats(rf, RAW_STATX), after;
	struct statx st;

	rule_put(&rule, &out);
	script_record(s, true);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", AT_STATX_FORCE_SYNC, &st), "statx");
	script_record(s, false);
	CHECK(raw_count(rf, RAW_STATX) == 1, "the daemon must be asked");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, RAW_STATX).done == 1, "and the program, which answers");
	CHECK(script_find(s, EXTFUSE_PHASE_REQUEST, RAW_STATX)->req.flags & EXTFUSE_F_FRESH, "a program must be told");
	after = script_stats(rf, RAW_STATX);
	CHECK(after.answered == before.answered && after.stale == before.stale + 1, "it must count as stale");
	/* Nor may it be refused. */
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", AT_STATX_FORCE_SYNC, &st) && raw_count(rf, RAW_STATX) == 1, "no refusal stands");
	CHECK(statx_of("mnt/a", 0, &st) && errno == EPERM, "but for what is not forced it does");
	CHECK(raw_count(rf, RAW_STATX) == 1, "and the daemon is not asked");
	script_clear(s);
	script_flush(s);
}

static void reply(struct raw_node *file)
{
	struct script_rule rule = { .verdict = -EXDEV };
	struct raw_statx_out out;
	struct statx st;

	script_set(s, EXTFUSE_PHASE_REPLY, RAW_STATX, &rule, NULL, 0);
	raw_reset(rf);
	CHECK(statx_of("mnt/a", 0, &st) && errno == EXDEV, "a reply program can refuse it");
	CHECK(raw_count(rf, RAW_STATX) == 1, "after the daemon was asked");

	/* It can change nothing: its lifetimes are GETATTR's to lengthen. */
	rule_statx(file, &out);
	out.stat.mode ^= 0777;
	out.attr_valid = 1000;
	rule.verdict = 0;
	script_set(s, EXTFUSE_PHASE_REPLY, RAW_STATX, &rule, &out, sizeof(out));
	CHECK(!statx_of("mnt/a", 0, &st) && (st.stx_mode & 07777) == (file->attr.mode & 07777), "the daemon's mode");
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, RAW_STATX).write_result == -EINVAL, "the program is told");
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", 0, &st) && raw_count(rf, RAW_STATX) == 1, "and the daemon's lifetime, none");
	script_clear(s);
}

static int serve_five(struct raw_req *req)
{
	struct raw_statx_out out;

	statx_fill(raw_node(rf, req->in->nodeid), &out);
	out.attr_valid = 5;
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

/* What the reply phase is told of a lifetime is this reply's, not what the node had before. */
static void until(void)
{
	const struct extfuse_req *req;
	struct statx st;

	raw_file(rf, "/b", "text", 4);
	raw_on(rf, RAW_STATX, serve_five, NULL);
	script_flush(s);
	script_record(s, true);
	CHECK(!statx_of("mnt/b", 0, &st), "statx");
	script_record(s, false);
	req = &script_find(s, EXTFUSE_PHASE_REPLY, RAW_STATX)->req;
	CHECK(req->attr_until == req->now + 5 * RAW_SEC, "the attributes are valid for 5 s, not for %lld ns",
	      (long long)(req->attr_until ? req->attr_until - req->now : 0));
}

/* How often two more statx() ask the program. */
static unsigned int asked(struct raw_node *file, uint64_t sec)
{
	struct raw_statx_out out;
	struct script_rule rule = rule_statx(file, &out);
	struct statx st;

	out.attr_valid = sec;
	rule_put(&rule, &out);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", 0, &st) && !statx_of("mnt/a", 0, &st), "statx");
	CHECK(!raw_count_all(rf), "all of it is answered");
	return script_get(s, EXTFUSE_PHASE_REQUEST, RAW_STATX).done;
}

/* A daemon that does not know it is asked once. */
static void unknown(void)
{
	struct statx st;

	raw_on(rf, RAW_STATX, NULL, NULL);
	raw_reset(rf);
	CHECK(!statx_of("mnt/a", 0, &st) && st.stx_size == 4, "statx must work without STATX");
	CHECK(raw_count(rf, RAW_STATX) == 1 && raw_count(rf, FUSE_GETATTR) == 1, "GETATTR takes its place");
	CHECK(!statx_of("mnt/a", 0, &st), "statx");
	CHECK(raw_count(rf, RAW_STATX) == 1 && raw_count(rf, FUSE_GETATTR) == 2, "for good");
}

int main(void)
{
	struct extfuse_options minute = { .actimeo_ns = 60 * RAW_SEC };
	struct raw_node *file = statx_start(NULL);

	seen(file);
	forced(file);
	reply(file);
	CHECK(asked(file, 1000) == 2, "the daemon never gave a lifetime, so an answer cannot");
	/* ENOSYS of a program is an upcall, and switches nothing off. */
	script_set(s, EXTFUSE_PHASE_REQUEST, RAW_STATX, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
	raw_reset(rf);
	CHECK(!access("mnt/a", F_OK), "access");
	CHECK(asked(file, 0) == 2, "STATX is still sent");
	script_clear(s);
	unknown();
	statx_stop();

	file = statx_start(&minute);
	CHECK(asked(file, 1000) == 1, "the attachment allows a minute");
	until();
	statx_stop();
	return 0;
}
