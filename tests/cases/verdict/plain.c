// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: verdicts 0, -E and UPCALL do what they say, and every other number is a bad verdict that leaves no trace
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *file;

/* One stat() of the file under a rule for GETATTR; returns its errno. */
static int ask(struct script_rule rule, const struct fuse_attr_out *out, struct stat *st)
{
	struct stat ignored;

	raw_reset(rf);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, out, sizeof(*out));
	return fstatat(AT_FDCWD, "mnt/a", st ?: &ignored, 0) ? errno : 0;
}

static void daemon_answers(const char *what, int verdict, const struct fuse_attr_out *out)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), after;
	struct stat st;
	int err = ask((struct script_rule){ .verdict = verdict, .nodeid = file->id }, out, &st);

	after = script_stats(rf, FUSE_GETATTR);
	CHECK(!err, "%s: stat must succeed", what);
	CHECK(st.st_size == 4 && st.st_mtime == 1700000000, "%s: it must be the daemon's answer", what);
	CHECK(raw_count(rf, FUSE_GETATTR) == 1, "%s: the daemon must be asked once", what);
	CHECK(after.bad == before.bad + 1, "%s: it must count as bad", what);
	CHECK(after.upcalls > before.upcalls && after.answered == before.answered && after.failed == before.failed,
	      "%s: it is an upcall", what);
}

static void upcall(int verdict, const char *what)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), after;

	CHECK(!ask((struct script_rule){ .verdict = verdict, .nodeid = file->id }, NULL, NULL), "%s", what);
	after = script_stats(rf, FUSE_GETATTR);
	CHECK(raw_count(rf, FUSE_GETATTR) == 1 && after.bad == before.bad && after.upcalls == before.upcalls + 1,
	      "%s goes to the daemon and is not bad", what);
}

static void refused(int error)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), after;
	int err = ask((struct script_rule){ .verdict = -error, .nodeid = file->id }, NULL, NULL);

	after = script_stats(rf, FUSE_GETATTR);
	CHECK(err == error, "the caller must get error %d, not %d", error, err);
	CHECK(!raw_count(rf, FUSE_GETATTR), "the daemon is not asked when a program refuses");
	CHECK(after.failed == before.failed + 1 && after.bad == before.bad, "it counts as failed");
}

static void answered(void)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), after;
	struct fuse_attr_out out;
	struct stat st;

	raw_fill_attr(rf, file, &out);
	out.attr.mtime = 1234567;
	CHECK(!ask((struct script_rule){ .nodeid = file->id, .nfresh = 1 }, &out, &st), "stat");
	after = script_stats(rf, FUSE_GETATTR);
	CHECK(st.st_mtime == 1234567, "the caller must see what the program wrote, not %lld", (long long)st.st_mtime);
	CHECK(!raw_count(rf, FUSE_GETATTR), "the daemon is not asked when a program answers");
	CHECK(after.answered == before.answered + 1, "it counts as answered");
}

int main(void)
{
	struct fuse_attr_out wrong;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	file = raw_file(rf, "/a", "text", 4);
	s = script_attach(rf, "script", NULL);

	answered();
	refused(EPERM);
	refused(EIO);
	refused(511);
	raw_fill_attr(rf, file, &wrong);
	wrong.attr.size = 99;
	wrong.attr.mtime = 5;
	upcall(EXTFUSE_UPCALL, "UPCALL");
	/* There is no backing object. */
	upcall(EXTFUSE_PASSTHROUGH, "PASSTHROUGH");
	daemon_answers("a positive number", 2, &wrong);
	daemon_answers("a large number", 0x7fffffff, &wrong);
	daemon_answers("-512", -512, &wrong);
	daemon_answers("-4095", -4095, &wrong);
	daemon_answers("a small number", -0x7fffffff - 1, &wrong);
	daemon_answers("0 without an output", 0, NULL);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
