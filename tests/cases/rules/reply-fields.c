// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in a daemon's reply a program changes permission bits, owner, times and lifetimes; all else is put back
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.1, for GETATTR, LOOKUP and SETATTR; lifetimes are capped at the larger of max_valid and what the daemon gave.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *file;

#define FIELD(type, path, bytes, to)	{ .offset = offsetof(struct type, path), .size = bytes, .value = to }

static void taken(const struct stat *st, const char *what)
{
	CHECK((st->st_mode & 07777) == 06711, "%s: permission bits must be taken, not %o", what, st->st_mode);
	CHECK(st->st_uid == 1000 && st->st_gid == 1001, "%s: the owner must be taken", what);
	CHECK(st->st_mtime == 77 && st->st_ctime == 78, "%s: times must be taken", what);
	CHECK(S_ISREG(st->st_mode) && st->st_size == 4 && st->st_nlink == 1 && st->st_ino == file->id &&
	      st->st_rdev == 0, "%s: type, size, links, number must be the daemon's", what);
}

static void getattr(void)
{
	struct script_rule good = {
		.nodeid = file->id, .write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_attr_out, attr.mode, 4, S_IFREG | 06711), FIELD(fuse_attr_out, attr.uid, 4, 1000),
			   FIELD(fuse_attr_out, attr.gid, 4, 1001), FIELD(fuse_attr_out, attr.mtime, 8, 77),
			   FIELD(fuse_attr_out, attr.ctime, 8, 78) },
	}, bad = {
		.nodeid = file->id, .write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_attr_out, attr.mode, 4, S_IFDIR | 06711), FIELD(fuse_attr_out, attr.size, 8, 1),
			   FIELD(fuse_attr_out, attr.nlink, 4, 9), FIELD(fuse_attr_out, attr.ino, 8, 12345),
			   FIELD(fuse_attr_out, attr.rdev, 4, 5), FIELD(fuse_attr_out, attr.flags, 4, 3) },
	};
	struct stat st;

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR, &good, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR).done == 1, "the program must be asked");
	taken(&st, "GETATTR");
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR, &bad, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(!script_get(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR).write_result, "it must be able to write");
	CHECK(S_ISREG(st.st_mode) && st.st_size == 4 && st.st_nlink == 1 && st.st_ino == file->id && !st.st_rdev,
	      "protected fields must be put back: %o %lld %d %d", st.st_mode, (long long)st.st_size, (int)st.st_nlink,
	      (int)st.st_ino);
	CHECK((st.st_mode & 07777) == 06711, "beside a permitted change");
	CHECK(!stat("mnt/a/x", &st) || errno == ENOTDIR, "it is no directory");
	script_clear(s);
}

/* 0 takes the outputs, anything that is no verdict leaves the daemon's answer as it came. */
static void other_verdicts(void)
{
	static const int verdicts[] = { 1, 7, -512, -4095, EXTFUSE_UPCALL };
	struct script_rule rule = { .nodeid = file->id, .write = SCRIPT_WRITE_PATCH,
				    .patch = { FIELD(fuse_attr_out, attr.mtime, 8, 99) } };
	unsigned int i;
	struct stat st;

	for (i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		rule.verdict = verdicts[i];
		script_set(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR, &rule, NULL, 0);
		CHECK(!stat("mnt/a", &st), "verdict %d", verdicts[i]);
		CHECK(script_get(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR).done == 1, "the program must be asked");
		CHECK(st.st_mtime == 1700000000, "verdict %d must keep the daemon's answer", verdicts[i]);
	}
	script_clear(s);
}

static void lookup(void)
{
	struct script_rule good = {
		.write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_entry_out, attr.mode, 4, S_IFREG | 06711), FIELD(fuse_entry_out, attr.uid, 4, 1000),
			   FIELD(fuse_entry_out, attr.gid, 4, 1001), FIELD(fuse_entry_out, attr.mtime, 8, 77),
			   FIELD(fuse_entry_out, attr.ctime, 8, 78) },
	}, bad = {
		.write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_entry_out, nodeid, 8, 99), FIELD(fuse_entry_out, generation, 8, 99),
			   FIELD(fuse_entry_out, attr.mode, 4, S_IFDIR | 0711), FIELD(fuse_entry_out, attr.size, 8, 1),
			   FIELD(fuse_entry_out, attr.nlink, 4, 9), FIELD(fuse_entry_out, attr.ino, 8, 12345) },
	};
	struct stat st;

	file->attr_ns = LONG_NS;
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &good, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP).done == 1, "the program must be asked");
	taken(&st, "LOOKUP");
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &bad, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP).done == 1, "the program must be asked");
	CHECK(S_ISREG(st.st_mode) && st.st_size == 4 && st.st_nlink == 1 && st.st_ino == file->id,
	      "protected fields of an entry must be put back");
	CHECK((st.st_mode & 07777) == 0711, "beside a permitted change");
	script_clear(s);
	file->attr_ns = 0;
}

/* Does the kernel ask again for the attributes (the name is revalidated each time)? */
static bool asks(void)
{
	struct stat st;

	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && !stat("mnt/a", &st), "stat");
	return raw_count(rf, FUSE_LOOKUP) + raw_count(rf, FUSE_GETATTR);
}

/* 50 s are more than max_valid (20 s) and less than what the daemon gives later (100 s). */
static void lifetimes(void)
{
	struct script_rule rule = { .write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_entry_out, entry_valid, 8, 50), FIELD(fuse_entry_out, attr_valid, 8, 50) } };
	struct raw_node *other = raw_file(rf, "/other", "x", 1);
	const struct script_event *e;
	struct stat st;

	CHECK(asks(), "with lifetimes of 0 each look is a request");
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	script_clear(s);
	CHECK(!asks(), "a lengthened lifetime must hold");

	/* A hard link: a path-based daemon gives each its own node, so attributes are never kept longer. */
	CHECK(!raw_inval_entry(rf, FUSE_ROOT_ID, "a"), "invalidate the name");
	raw_inval_inode(rf, file->id, -1, 0);
	raw_lock(rf);
	file->attr.nlink = 2;
	raw_unlock(rf);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st) && st.st_nlink == 2, "stat");
	script_clear(s);
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && raw_count(rf, FUSE_GETATTR) == 1, "attributes of a hard link are not kept longer");
	CHECK(!raw_count(rf, FUSE_LOOKUP), "its name is");

	/* The daemon's word in the context: until. */
	raw_lock(rf);
	other->attr_ns = 100 * RAW_SEC;
	other->entry_ns = 30 * RAW_SEC;
	raw_unlock(rf);
	script_flush(s);
	script_record(s, true);
	CHECK(!stat("mnt/other", &st), "stat");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP);
	CHECK(e->req.attr_until - e->req.now == 100 * RAW_SEC && e->req.entry_until - e->req.now == 30 * RAW_SEC,
	      "until must be what the daemon gave: %llu %llu", (long long)(e->req.attr_until - e->req.now),
	      (long long)(e->req.entry_until - e->req.now));
}

/* With a cap of half a second, what a program makes 50 s ends after it. */
static void cap(void)
{
	struct script_rule rule = { .write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_entry_out, entry_valid, 8, 50), FIELD(fuse_entry_out, attr_valid, 8, 50) } };
	struct extfuse_options opts = { .actimeo_ns = RAW_SEC };
	struct stat st;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", &opts);
	raw_file(rf, "/a", "text", 4);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	script_clear(s);
	CHECK(!asks(), "it must hold for a second");
	raw_sleep_ms(2500);
	CHECK(asks(), "and not for longer than max_valid");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

/* Without max_valid nothing is lengthened, and a program may always shorten. */
static void shorten(void)
{
	struct script_rule rule = { .write = SCRIPT_WRITE_PATCH,
		.patch = { FIELD(fuse_entry_out, entry_valid, 8, 0), FIELD(fuse_entry_out, attr_valid, 8, 0) } };
	struct stat st;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", NULL);
	raw_file(rf, "/a", "text", 4);
	rule.patch[0].value = rule.patch[1].value = 50;
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(asks(), "max_valid is 0, the daemon gave 0: nothing to lengthen with");
	file = raw_get(rf, "/a");
	raw_lock(rf);
	file->attr_ns = file->entry_ns = LONG_NS;
	raw_unlock(rf);
	rule.patch[0].value = rule.patch[1].value = 0;
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(asks(), "what a program makes 0 must be asked again");
	script_clear(s);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(!asks(), "the daemon's own lifetime holds without the program");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	struct extfuse_options opts = { .actimeo_ns = 200 * RAW_SEC };
	struct stat st;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", &opts);
	file = raw_file(rf, "/a", "text", 4);
	CHECK(!stat("mnt/a", &st), "stat");
	getattr();
	other_verdicts();
	lookup();
	lifetimes();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	cap();
	shorten();
	return 0;
}
