// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in shadow mode answers to every opcode that can be answered are compared, byte for byte, and the caller gets the daemon's
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * GETATTR and LOOKUP are lies.c's. For each of the others the daemon's own bytes, then these with one byte changed, then
 * one byte less where the length is free, then the daemon's bytes where the daemon itself gives an error.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../rules/rules.h"

static struct rawfuse *rf;
static struct script *s;

/* Each gives what it gave, or -errno. */
static ssize_t read_link(char *buf, size_t room)
{
	return readlink("mnt/l", buf, room);
}

static ssize_t get_xattr(char *buf, size_t room)
{
	return getxattr("mnt/a", "user.x", buf, room);
}

static ssize_t list_xattr(char *buf, size_t room)
{
	return listxattr("mnt/a", buf, room);
}

static ssize_t stat_fs(char *buf, size_t room)
{
	struct statfs st;
	ssize_t ret = statfs("mnt", &st);

	CHECK(room >= sizeof(st), "room for struct statfs");
	memcpy(buf, &st, sizeof(st));
	return ret ?: (ssize_t)sizeof(st);
}

/* Waited for, not a readahead. */
static ssize_t read_data(char *buf, size_t room)
{
	char aligned[4096] __attribute__((aligned(4096)));
	int fd = open("mnt/a", O_RDONLY | O_DIRECT);
	ssize_t n;

	CHECK(fd >= 0 && room >= sizeof(aligned), "open");
	n = read(fd, aligned, sizeof(aligned));
	if (n > 0)
		memcpy(buf, aligned, n);
	close(fd);
	return n;
}

static ssize_t read_dir(char *buf, size_t room)
{
	int fd = open("mnt", O_RDONLY | O_DIRECTORY);
	ssize_t n;

	CHECK(fd >= 0, "open");
	n = getdents64(fd, buf, room);
	close(fd);
	return n;
}

static ssize_t ask_access(char *buf, size_t room)
{
	(void)buf;
	(void)room;
	return access("mnt/a", R_OK);
}

static const struct row {
	uint32_t opcode;
	enum extfuse_kind kind;
	ssize_t (*call)(char *buf, size_t room);
	size_t lie;		/* which byte */
	bool free;		/* its length can be anything */
} rows[] = {
	{ FUSE_READLINK, EXTFUSE_KIND_DATA, read_link, 0, true },
	{ FUSE_GETXATTR, EXTFUSE_KIND_XATTR, get_xattr, 0, true },
	{ FUSE_LISTXATTR, EXTFUSE_KIND_XATTR, list_xattr, 5, false },
	{ FUSE_STATFS, EXTFUSE_KIND_CONN, stat_fs, 0, false },
	{ FUSE_READ, EXTFUSE_KIND_DATA, read_data, 3, false },
	{ FUSE_READDIR, EXTFUSE_KIND_DATA, read_dir, offsetof(struct fuse_dirent, type), false },
	{ FUSE_ACCESS, EXTFUSE_KIND_ATTR, ask_access, 0, false },
};

/* The daemon's last reply, as it was sent. */
static char sent[SCRIPT_OUT];
static size_t sent_len;

static void keep(struct raw_req *req, void *out, size_t len)
{
	(void)req;
	/* The first of a listing; what follows is its end. */
	if (sent_len || len > sizeof(sent))
		return;
	memcpy(sent, out, len);
	sent_len = len;
}

static int fails(struct raw_req *req)
{
	(void)req;
	return -EPERM;
}

/* The call, answered with @size bytes of @out; the caller must get @want (or the error -@len). */
static void compare(const struct row *row, const char *what, const char *out, size_t size, const char *want, ssize_t len,
		    bool differs)
{
	struct script_rule rule = { .times = 1, .nfresh = 1, .fresh = { { .kind = row->kind } } };
	struct extfuse_op_stats before = script_stats(rf, row->opcode), after;
	const char *op = raw_opname(row->opcode);
	char got[4096];
	ssize_t n;

	raw_reset(rf);
	script_set(s, EXTFUSE_PHASE_REQUEST, row->opcode, &rule, out, size);
	n = row->call(got, sizeof(got));
	if (n < 0)
		n = -errno;
	after = script_stats(rf, row->opcode);
	CHECK(after.answered == before.answered + 1, "%s, %s: the answer must pass the checks", op, what);
	CHECK(after.bad == before.bad && after.stale == before.stale, "%s, %s: the answer must pass the checks", op, what);
	CHECK(raw_count(rf, row->opcode), "%s, %s: the daemon must be asked too", op, what);
	CHECK(n == len && (n <= 0 || !memcmp(got, want, n)), "%s, %s: the caller must get the daemon's: %zd, not %zd", op, what,
	      len, n);
	CHECK(after.differed == before.differed + differs, "%s, %s: it must %sbe counted", op, what, differs ? "" : "not ");
	script_clear(s);
}

static void one(const struct row *row)
{
	char truth[4096], lie[SCRIPT_OUT];
	ssize_t len;

	raw_edit(rf, row->opcode, keep, NULL);
	sent_len = 0;
	len = row->call(truth, sizeof(truth));
	CHECK(len >= 0, "%s", raw_opname(row->opcode));
	raw_edit(rf, row->opcode, NULL, NULL);
	CHECK(sent_len || row->opcode == FUSE_ACCESS, "%s: the daemon's reply must have been kept", raw_opname(row->opcode));

	compare(row, "the truth", sent, sent_len, truth, len, false);
	if (sent_len) {
		memcpy(lie, sent, sent_len);
		lie[row->lie] ^= 1;
		compare(row, "a byte changed", lie, sent_len, truth, len, true);
	}
	if (row->free)
		compare(row, "a byte less", sent, sent_len - 1, truth, len, true);
	raw_on(rf, row->opcode, fails, NULL);
	compare(row, "an error of the daemon", sent, sent_len, NULL, -EPERM, true);
	raw_on(rf, row->opcode, NULL, NULL);
	compare(row, "the truth again", sent, sent_len, truth, len, false);
}

int main(void)
{
	struct extfuse_options opts = { .shadow = true };
	struct raw_node *a;
	unsigned int i;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .attr_ns = LONG_NS });
	a = raw_file(rf, "/a", "text", 4);
	raw_symlink(rf, "/l", "target");
	raw_setxattr(rf, a, "user.x", "value", 5);
	s = script_attach(rf, "script", &opts);
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		one(&rows[i]);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
