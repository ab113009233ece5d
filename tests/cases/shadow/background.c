// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in shadow mode answers to READ, READDIR, READDIRPLUS, GETXATTR and others are the daemon's too, and counts balance
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * What is counted as a difference is opcodes.c's. Here READ is also a readahead, which is in the background, and READDIRPLUS
 * has an entry whose node could pay for it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../rules/rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *a;

/* The program's answer stood, and the daemon was asked beside it. */
static void both(uint32_t opcode, struct extfuse_op_stats before)
{
	struct extfuse_op_stats now = script_stats(rf, opcode);
	const char *name = raw_opname(opcode);

	CHECK(now.answered > before.answered, "%s: the program must have answered", name);
	CHECK(now.upcalls - before.upcalls >= now.answered - before.answered, "%s: each goes up as well", name);
	CHECK(now.bad == before.bad && now.stale == before.stale, "%s: it must pass the checks", name);
	CHECK(raw_count(rf, opcode), "%s: the daemon must be asked", name);
}

static void start(uint32_t opcode, enum extfuse_kind kind, unsigned int times, const void *out, size_t size)
{
	struct script_rule rule = { .nfresh = 1, .fresh = { { .kind = kind } }, .times = times };

	raw_reset(rf);
	script_set(s, EXTFUSE_PHASE_REQUEST, opcode, &rule, out, size);
}

static void reads(int flags)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_READ);
	char buf[64] __attribute__((aligned(4096)));
	const struct script_event *e;
	int fd = open("mnt/a", O_RDONLY | flags);
	ssize_t n;

	CHECK(fd >= 0, "open");
	script_flush(s);
	script_record(s, true);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	start(FUSE_READ, EXTFUSE_KIND_DATA, 0, "TEXT", 4);
	n = pread(fd, buf, sizeof(buf), 0);
	script_record(s, false);
	CHECK(n == 4 && !memcmp(buf, "text", 4), "READ must give the daemon's bytes, not %.4s", buf);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_READ);
	CHECK(!!(e->req.flags & EXTFUSE_F_BACKGROUND) == !flags, "a readahead must be in the background, and only that");
	both(FUSE_READ, before);
	close(fd);
}

static void values(void)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETXATTR);
	struct fuse_statfs_out none = {};
	struct statfs st;
	char buf[300];
	ssize_t n;

	start(FUSE_GETXATTR, EXTFUSE_KIND_XATTR, 0, "a lie", 5);
	n = getxattr("mnt/a", "user.x", buf, sizeof(buf));
	CHECK(n == 5 && !memcmp(buf, "value", 5), "GETXATTR must give the daemon's value");
	both(FUSE_GETXATTR, before);

	before = script_stats(rf, FUSE_LISTXATTR);
	start(FUSE_LISTXATTR, EXTFUSE_KIND_XATTR, 0, "user.lie", 9);
	n = listxattr("mnt/a", buf, sizeof(buf));
	CHECK(n == 7 && !memcmp(buf, "user.x", 7), "LISTXATTR must give the daemon's list");
	both(FUSE_LISTXATTR, before);

	before = script_stats(rf, FUSE_READLINK);
	start(FUSE_READLINK, EXTFUSE_KIND_DATA, 0, "a longer target that is a lie", 29);
	n = readlink("mnt/l", buf, sizeof(buf));
	CHECK(n == 6 && !memcmp(buf, "target", 6), "READLINK must give the daemon's target");
	both(FUSE_READLINK, before);

	before = script_stats(rf, FUSE_STATFS);
	start(FUSE_STATFS, EXTFUSE_KIND_CONN, 0, &none, sizeof(none));
	CHECK(!statfs("mnt", &st) && st.f_bsize == 4096, "STATFS must give the daemon's numbers");
	both(FUSE_STATFS, before);
}

/* One entry, "a", as the program says it. */
static size_t entry_of_a(char *buf, bool plus)
{
	size_t head = plus ? sizeof(struct fuse_entry_out) : 0;
	struct fuse_dirent *d = (void *)(buf + head);

	if (plus)
		raw_fill_entry(rf, a, (void *)buf);
	*d = (struct fuse_dirent){ .ino = a->id, .off = 1000000, .type = DT_REG, .namelen = 1 };
	d->name[0] = 'a';
	return FUSE_DIRENT_ALIGN(head + FUSE_NAME_OFFSET + 1);
}

static void listing(uint32_t opcode)
{
	struct extfuse_op_stats before;
	char buf[512] = "", names[512];
	size_t size;
	int i;

	/* The node must have a count that could be taken. */
	CHECK(!access("mnt/a", F_OK) && a->nlookup, "a must be known");
	size = entry_of_a(buf, opcode == FUSE_READDIRPLUS);
	for (i = 0; i < 10; i++) {
		before = script_stats(rf, opcode);
		start(opcode, EXTFUSE_KIND_DATA, 1, buf, size);
		case_list("mnt", names, sizeof(names));
		CHECK(!strcmp(names, ". .. a l "), "%s must give the daemon's names, not %s", raw_opname(opcode), names);
		both(opcode, before);
	}
	script_clear(s);
}

static void serve(uint64_t flags)
{
	struct extfuse_options opts = { .shadow = true };

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .attr_ns = LONG_NS, .flags = flags });
	a = raw_file(rf, "/a", "text", 4);
	raw_symlink(rf, "/l", "target");
	raw_setxattr(rf, a, "user.x", "value", 5);
	s = script_attach(rf, "script", &opts);
}

static void done(void)
{
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	serve(0);
	reads(0);
	reads(O_DIRECT);
	values();
	listing(FUSE_READDIR);
	done();
	serve(FUSE_DO_READDIRPLUS);
	listing(FUSE_READDIRPLUS);
	done();
	return 0;
}
