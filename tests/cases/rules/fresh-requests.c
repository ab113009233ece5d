// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: requests that are sent out of distrust carry FRESH and reach the daemon, whatever a program answers
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.6: forced statx, LOOKUP for O_EXCL, for the target of a rename, and after ESTALE.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;

/* What was just done must have asked the program, with FRESH, and then the daemon. */
static void distrusted(const char *what, uint32_t opcode, uint64_t answered)
{
	const struct script_event *e;
	bool fresh = false;

	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, opcode).done >= 1, "%s: the program must have answered", what);
	while ((e = script_next(s)))
		fresh |= e->req.phase == EXTFUSE_PHASE_REQUEST && e->req.opcode == opcode && e->req.flags & EXTFUSE_F_FRESH;
	CHECK(fresh, "%s: %s must say FRESH", what, raw_opname(opcode));
	CHECK(script_stats(rf, opcode).answered == answered, "%s: no answer may stand", what);
	CHECK(raw_count(rf, opcode) >= 1, "%s: %s must reach the daemon", what, raw_opname(opcode));
}

static void begin(void)
{
	script_flush(s);
	raw_reset(rf);
}

static int stale_once(struct raw_req *req)
{
	unsigned int *left = req->data;

	if (!*left || strcmp(req->arg, "a"))
		return RAW_DEFAULT;
	(*left)--;
	return -ESTALE;
}

int main(void)
{
	struct raw_node *file, *other;
	struct fuse_entry_out entry;
	struct fuse_attr_out attr;
	struct script_rule rule;
	uint64_t answered;
	unsigned int one = 1;
	struct statx stx;
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	file = raw_file(rf, "/a", "text", 4);
	other = raw_file(rf, "/b", "text", 4);
	CHECK(!stat("mnt/a", &st) && !stat("mnt/b", &st), "stat");
	script_record(s, true);

	rule = rule_getattr(rf, file, &attr);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	begin();
	CHECK(!stat("mnt/a", &st) && !raw_count(rf, FUSE_GETATTR), "an ordinary stat must be answered");
	answered = script_stats(rf, FUSE_GETATTR).answered;
	begin();
	CHECK(!statx(AT_FDCWD, "mnt/a", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx), "statx");
	distrusted("forced statx", FUSE_GETATTR, answered);

	/* Names: at revalidation, which for a name that is known happens only where it is distrusted. */
	rule = rule_lookup(rf, other, "b", &entry);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	answered = script_stats(rf, FUSE_LOOKUP).answered;
	begin();
	CHECK(open("mnt/b", O_CREAT | O_EXCL | O_RDWR, 0600) < 0 && errno == EEXIST, "O_EXCL of what is there");
	distrusted("O_EXCL", FUSE_LOOKUP, answered);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	begin();
	CHECK(!rename("mnt/a", "mnt/b"), "rename");
	distrusted("the target of a rename", FUSE_LOOKUP, answered);
	script_clear(s);
	raw_file(rf, "/a", "text", 4);
	CHECK(!stat("mnt/a", &st), "a again");

	/* The daemon says ESTALE once: the walk is made again, with LOOKUP_REVAL. */
	CHECK(!raw_inval_entry(rf, FUSE_ROOT_ID, "a"), "a is to be asked for again");
	raw_on(rf, FUSE_LOOKUP, stale_once, &one);
	file = raw_get(rf, "/a");
	rule = rule_lookup(rf, file, "a", &entry);
	rule.skip = 1;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	begin();
	CHECK(!stat("mnt/a", &st), "stat after ESTALE");
	CHECK(one == 0, "the daemon must have said ESTALE");
	distrusted("a walk after ESTALE", FUSE_LOOKUP, answered);
	script_record(s, false);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
