// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a reply program may change or refuse what was passed through as it may a daemon's reply: no more, no less
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <stddef.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#include "backing.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *a, *l;

static const uint32_t passed[] = {
	FUSE_GETATTR, FUSE_SETATTR, FUSE_GETXATTR, FUSE_LISTXATTR, FUSE_READLINK, FUSE_STATFS,
};

static void pass_all(void)
{
	unsigned int i;

	script_clear(s);
	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		passes(s, passed[i]);
}

static void reply(uint32_t opcode, const struct raw_node *node, int verdict)
{
	script_set(s, EXTFUSE_PHASE_REPLY, opcode, &(struct script_rule){ .verdict = verdict, .nodeid = node->id }, NULL, 0);
}

/* The program has seen one answer of this opcode, and the daemon nothing. */
static void seen_once(uint32_t opcode)
{
	struct script_rule rule = script_get(s, EXTFUSE_PHASE_REPLY, opcode);

	CHECK(rule.done == 1, "the reply program saw %llu answers to %s", (unsigned long long)rule.done, raw_opname(opcode));
	CHECK(!raw_count_all(rf), "%s: the daemon is asked", raw_opname(opcode));
	pass_all();
}

/* What succeeds before and after is refused between. */
#define REFUSED(opcode, node, call)							\
	do {										\
		CHECK((call) >= 0, #call);						\
		raw_reset(rf);								\
		reply(opcode, node, -EPERM);						\
		CHECK((call) == -1 && errno == EPERM, #call " must be refused");	\
		seen_once(opcode);							\
		CHECK((call) >= 0, #call " once more");					\
	} while (0)

static void refused(void)
{
	struct statfs vfs;
	struct stat st;
	char buf[64];

	REFUSED(FUSE_GETXATTR, a, getxattr("mnt/a", "user.x", buf, sizeof(buf)));
	REFUSED(FUSE_GETXATTR, a, getxattr("mnt/a", "user.x", NULL, 0));
	REFUSED(FUSE_LISTXATTR, a, listxattr("mnt/a", buf, sizeof(buf)));
	REFUSED(FUSE_READLINK, l, readlink("mnt/l", buf, sizeof(buf)));
	REFUSED(FUSE_STATFS, a, statfs("mnt/a", &vfs));
	REFUSED(FUSE_GETATTR, a, stat("mnt/a", &st));
}

/* Another error in the place of one. */
static void error_changed(void)
{
	char buf[8];

	CHECK(getxattr("mnt/a", "user.none", buf, sizeof(buf)) == -1 && errno == ENODATA, "as below");
	reply(FUSE_GETXATTR, a, -EPERM);
	CHECK(getxattr("mnt/a", "user.none", buf, sizeof(buf)) == -1 && errno == EPERM, "as the program says");
	seen_once(FUSE_GETXATTR);
}

/* What has been changed cannot be refused any more. */
static void change_stands(void)
{
	struct stat st;

	reply(FUSE_SETATTR, a, -EPERM);
	CHECK(!chmod("mnt/a", 0604), "chmod");
	seen_once(FUSE_SETATTR);
	CHECK(!stat("low/a", &st) && (st.st_mode & 07777) == 0604, "it is done: %o", st.st_mode);
	CHECK(!chmod("low/a", 0644), "chmod");
}

#define PATCH(field, to) { offsetof(struct fuse_attr_out, attr.field), sizeof(((struct fuse_attr *)NULL)->field), to }

/* Times, owner and permission bits are the program's to change; size, blocks, links and number are not (rule 5.1). */
static void attributes(void)
{
	struct script_rule rule = {
		.nodeid = a->id,
		.write = SCRIPT_WRITE_PATCH,
		.patch = { PATCH(mtime, 12345), PATCH(mtimensec, 678), PATCH(mode, S_IFREG | 0755), PATCH(uid, 1000),
			   PATCH(size, 99), PATCH(blocks, 99), PATCH(nlink, 99), PATCH(ino, 99) },
	};
	struct stat st, low, before;

	CHECK(!stat("mnt/a", &before) && !stat("low/a", &low), "stat");
	CHECK(before.st_mtim.tv_sec == low.st_mtim.tv_sec && before.st_size == low.st_size, "as below");
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR, &rule, NULL, 0);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(!script_get(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR).write_result, "the program wrote");
	seen_once(FUSE_GETATTR);
	CHECK(st.st_mtim.tv_sec == 12345 && st.st_mtim.tv_nsec == 678 && st.st_mode == (S_IFREG | 0755) && st.st_uid == 1000,
	      "kept: mtime %lld, mode %o, uid %u", (long long)st.st_mtim.tv_sec, st.st_mode, st.st_uid);
	CHECK(st.st_size == low.st_size && st.st_blocks == low.st_blocks && st.st_nlink == low.st_nlink &&
	      st.st_ino == before.st_ino, "put back: size %lld, blocks %lld, links %ld", (long long)st.st_size,
	      (long long)st.st_blocks, (long)st.st_nlink);
	CHECK(!stat("mnt/a", &st) && st.st_mtim.tv_sec == low.st_mtim.tv_sec && st.st_uid == low.st_uid, "for this reply only");
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !symlink("target", "low/l"), "below");
	put("low/a", "backing");
	CHECK(!setxattr("low/a", "user.x", "value", 5, 0), "an xattr");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	object(rf, raw_node(rf, FUSE_ROOT_ID), "low");
	object(rf, a = raw_file(rf, "/a", "x", 1), "low/a");
	object(rf, l = raw_symlink(rf, "/l", "other"), "low/l");
	pass_all();
	refused();
	raw_reset(rf);
	error_changed();
	change_stands();
	attributes();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
