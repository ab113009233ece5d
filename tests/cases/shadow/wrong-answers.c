// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in shadow mode the caller gets the daemon's answer, and an answer that says something else is counted, nothing more
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Lies that pass the checks of rule 5.5 (another mtime; a name that does not exist), and what is no difference: lifetimes,
 * atime, what changed in between, a request that never came to the daemon.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../rules/rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *a;

/* What an opcode has counted since it was last asked. */
static struct extfuse_op_stats since(uint32_t opcode)
{
	static struct extfuse_op_stats last[EXTFUSE_OPCODES];
	struct extfuse_op_stats now = script_stats(rf, opcode), diff;

	diff = (struct extfuse_op_stats){
		.answered = now.answered - last[opcode].answered,
		.upcalls = now.upcalls - last[opcode].upcalls,
		.stale = now.stale - last[opcode].stale,
		.bad = now.bad - last[opcode].bad,
		.differed = now.differed - last[opcode].differed,
	};
	last[opcode] = now;
	return diff;
}

/* The last request of @opcode was answered, went to the daemon too, and differed or not. */
static void compared(uint32_t opcode, const char *what, bool differed)
{
	struct extfuse_op_stats st = since(opcode);

	CHECK(st.answered == 1 && st.upcalls == 1, "%s: one answer beside one request, not %llu beside %llu", what,
	      (long long)st.answered, (long long)st.upcalls);
	CHECK(!st.stale && !st.bad, "%s: it must pass the checks", what);
	CHECK(st.differed == differed, "%s: it must %sbe counted", what, differed ? "" : "not ");
	CHECK(raw_count(rf, opcode) == 1, "%s: the daemon must be asked once, not %llu times", what,
	      (long long)raw_count(rf, opcode));
	raw_reset(rf);
}

static void answer_getattr(const char *what, void (*lie)(struct fuse_attr_out *), bool differs)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, a, &out);
	struct stat st;

	lie(&out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	since(FUSE_GETATTR);
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st), "%s: stat", what);
	CHECK((uint64_t)st.st_mtime == a->attr.mtime && (uint64_t)st.st_atime == a->attr.atime &&
	      (uint64_t)st.st_ctime == a->attr.ctime && st.st_size == 4, "%s: the caller must get the daemon's answer", what);
	compared(FUSE_GETATTR, what, differs);
}

static void truth(struct fuse_attr_out *out) { (void)out; }
static void mtime(struct fuse_attr_out *out) { out->attr.mtime = 42; }
static void ctime_ns(struct fuse_attr_out *out) { out->attr.ctimensec ^= 1; }
static void atime(struct fuse_attr_out *out) { out->attr.atime = 42; }
static void lifetime(struct fuse_attr_out *out) { out->attr_valid = 77; }

static void getattr(void)
{
	a->entry_ns = LONG_NS;
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	answer_getattr("the truth", truth, false);
	answer_getattr("another mtime", mtime, true);
	answer_getattr("another ctime, by a nanosecond", ctime_ns, true);
	answer_getattr("another atime: it may lag", atime, false);
	answer_getattr("another lifetime: it is nothing of the file", lifetime, false);
	script_clear(s);
}

/* What the checks refuse anyway is stale as ever, and not compared. */
static void refused(void)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, a, &out);
	struct extfuse_op_stats st;
	struct stat stat_buf;

	out.attr.size = 3;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	since(FUSE_GETATTR);
	CHECK(!stat("mnt/a", &stat_buf) && stat_buf.st_size == 4, "stat");
	st = since(FUSE_GETATTR);
	CHECK(st.stale == 1 && !st.answered && !st.differed, "another size must be stale");
	script_clear(s);
}

static int no(struct raw_req *req)
{
	(void)req;
	return -EIO;
}

static void daemon_fails(void)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, a, &out);
	struct stat st;

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_on(rf, FUSE_GETATTR, no, NULL);
	since(FUSE_GETATTR);
	raw_reset(rf);
	CHECK(stat("mnt/a", &st) && errno == EIO, "the caller must get the daemon's error");
	compared(FUSE_GETATTR, "an error of the daemon", true);
	raw_on(rf, FUSE_GETATTR, NULL, NULL);
	script_clear(s);
}

static void *stat_a(void *ret)
{
	struct stat st;

	*(int *)ret = stat("mnt/a", &st) ? -errno : 0;
	return NULL;
}

/* A lie, but the file changed while the daemon was asked: nobody knows who is right. */
static void changed_meanwhile(void)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, a, &out);
	pthread_t thread;
	int ret = 1;

	out.attr.mtime = 42;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	since(FUSE_GETATTR);
	raw_reset(rf);
	raw_hold(rf, FUSE_GETATTR);
	CHECK(!pthread_create(&thread, NULL, stat_a, &ret), "thread");
	raw_wait_held(rf, FUSE_GETATTR, 1, 10);
	CHECK(!raw_inval_inode(rf, a->id, -1, 0), "INVAL_INODE");
	raw_let_go(rf, FUSE_GETATTR);
	pthread_join(thread, NULL);
	CHECK(!ret, "stat: %s", strerror(-ret));
	compared(FUSE_GETATTR, "what changed in between", false);
	script_clear(s);
}

static void lookup(void)
{
	struct fuse_entry_out out;
	struct script_rule rule = rule_lookup(rf, a, "a", &out);
	struct stat st;
	int i;

	/* At revalidation: the dentry must have expired. */
	raw_lock(rf);
	a->entry_ns = 0;
	raw_unlock(rf);
	CHECK(!raw_inval_entry(rf, 1, "a"), "INVAL_ENTRY");
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	for (i = 0; i < 5; i++) {
		out.attr.mtime = i % 2 ? 42 : a->attr.mtime;
		script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
		since(FUSE_LOOKUP);
		raw_reset(rf);
		CHECK(!stat("mnt/a", &st) && (uint64_t)st.st_mtime == a->attr.mtime, "the daemon's answer");
		compared(FUSE_LOOKUP, i % 2 ? "LOOKUP with another mtime" : "an honest LOOKUP", i % 2);
	}
	/* The daemon says now that it is gone. */
	out.attr.mtime = a->attr.mtime;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
	raw_remove(rf, "/a");
	since(FUSE_LOOKUP);
	raw_reset(rf);
	CHECK(stat("mnt/a", &st) && errno == ENOENT, "what the daemon has removed must be gone");
	CHECK(since(FUSE_LOOKUP).differed == 1, "the program said that it is there");
	raw_link(rf, "/a", a);
	script_clear(s);
}

static void negative(void)
{
	struct script_rule rule = rule_name("b");
	struct fuse_entry_out none = {};
	struct stat st;

	rule.nfresh = 1;
	rule.fresh[0].kind = EXTFUSE_KIND_NAME;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &none, sizeof(none));
	since(FUSE_LOOKUP);
	raw_reset(rf);
	CHECK(stat("mnt/b", &st) && errno == ENOENT, "it is not there");
	compared(FUSE_LOOKUP, "a name that is not there", false);
	raw_file(rf, "/b", "text", 4);
	CHECK(!stat("mnt/b", &st) && st.st_size == 4, "what the program denies is there");
	compared(FUSE_LOOKUP, "a name that is denied", true);
	script_clear(s);
}

/* Never sent, or never answered: nothing to compare with. */
static void dies(void)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, a, &out);
	struct extfuse_op_stats before;
	pthread_t thread;
	int ret = 1;

	out.attr.mtime = 42;
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	before = script_stats(rf, FUSE_GETATTR);
	raw_hold(rf, FUSE_GETATTR);
	CHECK(!pthread_create(&thread, NULL, stat_a, &ret), "thread");
	raw_wait_held(rf, FUSE_GETATTR, 1, 10);
	CHECK(script_stats(rf, FUSE_GETATTR).answered == before.answered + 1, "the program must have answered");
	CHECK(script_stats(rf, FUSE_GETATTR).differed == before.differed, "nothing is compared yet");
	raw_drop(rf);
	pthread_join(thread, NULL);
	CHECK(ret == -ECONNABORTED || ret == -ENOTCONN, "the daemon is dead: %s", strerror(-ret));
}

int main(void)
{
	struct extfuse_options opts = { .shadow = true };

	rf = raw_start(&(struct raw_opts){});
	a = raw_file(rf, "/a", "text", 4);
	s = script_attach(rf, "script", &opts);
	getattr();
	refused();
	daemon_fails();
	changed_meanwhile();
	lookup();
	negative();
	raw_balance(rf);
	a->entry_ns = LONG_NS;
	dies();
	script_free(s);
	raw_stop(rf);
	return 0;
}
