// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an answer stands only on what bpf_extfuse_fresh() confirmed for what it names; a change in flight takes it away
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * For every opcode that may be answered: with the proof it stands, with none or that of another thing it does not.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *file;

static char out[SCRIPT_OUT];
static size_t out_size;

static void do_getattr(void)
{
	struct stat st;

	CHECK(!stat("mnt/a", &st), "stat");
}

static void do_negative(void)
{
	struct stat st;

	CHECK(stat("mnt/none", &st) && errno == ENOENT, "a name that is not there");
}

static void do_readlink(void)
{
	char buf[16];

	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 1, "readlink");
}

static void do_getxattr(void)
{
	char buf[16];

	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) == 1, "getxattr");
}

static void do_capability(void)
{
	char buf[16];

	CHECK(getxattr("mnt/a", "security.capability", buf, sizeof(buf)) <= 1, "getxattr");
}

static void do_listxattr(void)
{
	char buf[64];

	CHECK(listxattr("mnt/a", buf, sizeof(buf)) >= 7, "listxattr");
}

static void do_access(void)
{
	CHECK(!access("mnt/a", R_OK), "access");
}

static void do_statfs(void)
{
	struct statfs sfs;

	CHECK(!statfs("mnt", &sfs), "statfs");
}

static void do_read(void)
{
	int fd = open("mnt/a", O_RDONLY | O_DIRECT);
	char buf[16];

	CHECK(pread(fd, buf, sizeof(buf), 0) == 4, "read");
	close(fd);
}

static void do_readdir(void)
{
	DIR *dir = opendir("mnt");

	CHECK(dir, "opendir");
	while (readdir(dir))
		;
	closedir(dir);
}

static void some(size_t size)
{
	memset(out, 'x', sizeof(out));
	out_size = size;
}

static const struct op {
	const char *what;
	uint32_t opcode;
	void (*use)(void);
	uint32_t kinds, wrong;		/* what it rests on; something else */
	size_t bytes;			/* of any output; 0: made below */
} table[] = {
	{ "GETATTR", FUSE_GETATTR, do_getattr, 1 << EXTFUSE_KIND_ATTR, EXTFUSE_KIND_DATA, 0 },
	{ "negative LOOKUP", FUSE_LOOKUP, do_negative, 1 << EXTFUSE_KIND_NAME, EXTFUSE_KIND_DATA, 0 },
	{ "READLINK", FUSE_READLINK, do_readlink, 1 << EXTFUSE_KIND_DATA, EXTFUSE_KIND_ATTR, 1 },
	{ "GETXATTR", FUSE_GETXATTR, do_getxattr, 1 << EXTFUSE_KIND_XATTR, EXTFUSE_KIND_ATTR, 1 },
	{ "GETXATTR of capabilities", FUSE_GETXATTR, do_capability,
	  1 << EXTFUSE_KIND_XATTR | 1 << EXTFUSE_KIND_DATA, EXTFUSE_KIND_XATTR, 0 },
	{ "LISTXATTR", FUSE_LISTXATTR, do_listxattr, 1 << EXTFUSE_KIND_XATTR, EXTFUSE_KIND_ATTR, 0 },
	{ "ACCESS", FUSE_ACCESS, do_access, 1 << EXTFUSE_KIND_ATTR, EXTFUSE_KIND_XATTR, 0 },
	{ "STATFS", FUSE_STATFS, do_statfs, 1 << EXTFUSE_KIND_CONN, EXTFUSE_KIND_ATTR, sizeof(struct fuse_statfs_out) },
	{ "READ", FUSE_READ, do_read, 1 << EXTFUSE_KIND_DATA, EXTFUSE_KIND_ATTR, 4 },
	{ "READDIR", FUSE_READDIR, do_readdir, 1 << EXTFUSE_KIND_DATA, EXTFUSE_KIND_ATTR, 0 },
};

static void output(const struct op *op)
{
	struct fuse_dirent *d = (void *)out;

	some(op->bytes);
	if (op->bytes)
		return;
	memset(out, 0, sizeof(out));
	switch (op->opcode) {
	case FUSE_GETATTR:
		raw_fill_attr(rf, file, (void *)out);
		out_size = sizeof(struct fuse_attr_out);
		break;
	case FUSE_LOOKUP:
		out_size = sizeof(struct fuse_entry_out);
		break;
	case FUSE_GETXATTR:
		/* The kernel asks for the size first. */
		((struct fuse_getxattr_out *)out)->size = 20;
		out_size = sizeof(struct fuse_getxattr_out);
		break;
	case FUSE_LISTXATTR:
		strcpy(out, "user.xyz");
		out_size = 9;
		break;
	case FUSE_READDIR:
		d->ino = 5;
		d->off = 1 << 20;
		d->namelen = 3;
		memcpy(d->name, "abc", 3);
		out_size = FUSE_DIRENT_SIZE(d);
		break;
	}
}

/* Returns whether the answer stood. */
static bool try(const struct op *op, struct script_rule rule, const char *what)
{
	struct extfuse_op_stats before = script_stats(rf, op->opcode), after;

	rule.times = 1;
	rule.nodeid = op->opcode == FUSE_GETATTR ? file->id : 0;
	output(op);
	/* ACCESS has no output. */
	script_set(s, EXTFUSE_PHASE_REQUEST, op->opcode, &rule, out_size ? out : NULL, out_size);
	op->use();
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, op->opcode).done == 1, "%s, %s: the program must be asked", op->what, what);
	after = script_stats(rf, op->opcode);
	script_clear(s);
	CHECK(after.answered + after.stale == before.answered + before.stale + 1 && after.bad == before.bad,
	      "%s, %s: it must stand or be stale", op->what, what);
	return after.answered > before.answered;
}

static void check(const struct op *op)
{
	struct script_rule all = {}, none = {}, wrong = {}, other = {}, old = {};
	uint32_t kind;

	for (kind = 0; kind < __EXTFUSE_KIND_MAX; kind++) {
		if (!(op->kinds & 1U << kind))
			continue;
		all.fresh[all.nfresh++].kind = kind;
		other.fresh[other.nfresh].kind = kind;
		other.fresh[other.nfresh++].nodeid = 777;
		old.fresh[old.nfresh].kind = kind;
		old.fresh[old.nfresh++].stamp = 1;
	}
	wrong.nfresh = 1;
	wrong.fresh[0].kind = op->wrong;
	CHECK(try(op, all, "fresh"), "%s: it must stand on its proof", op->what);
	CHECK(!try(op, none, "no proof"), "%s: it must not stand on nothing", op->what);
	CHECK(!try(op, wrong, "another kind"), "%s: it must not stand on another kind", op->what);
	if (op->opcode != FUSE_STATFS)
		CHECK(!try(op, other, "another node"), "%s: it must not stand on another node", op->what);
	/* Written down before the attachment: the epoch has moved since. */
	CHECK(!try(op, old, "old"), "%s: it must not stand on an old stamp", op->what);
}

/* While a change is under way nothing is fresh, and after it what is older is not. */
static void in_flight(void)
{
	struct script_rule rule = { .times = 1, .nodeid = file->id, .nfresh = 1,
				    .fresh = { { .kind = EXTFUSE_KIND_ATTR } } };
	struct fuse_attr_out attr;
	struct stat st;
	pid_t pid;
	int status;

	raw_fill_attr(rf, file, &attr);
	raw_hold(rf, FUSE_SETXATTR);
	pid = fork();
	if (!pid)
		_exit(setxattr("mnt/a", "user.y", "v", 1, 0) ? 1 : 0);
	raw_wait_held(rf, FUSE_SETXATTR, 1, 20);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	CHECK(!stat("mnt/a", &st), "stat during a change");
	rule = script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR);
	CHECK(rule.done == 1 && rule.fresh[0].result == 0, "nothing is fresh while a change is in flight: %d",
	      rule.fresh[0].result);
	raw_let_go(rf, FUSE_SETXATTR);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "setxattr");
	rule.times = 1;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	CHECK(!stat("mnt/a", &st), "stat after it");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).fresh[0].result == 1, "after it what is asked now is");
	script_clear(s);
}

int main(void)
{
	unsigned int i;
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS });
	file = raw_file(rf, "/a", "text", 4);
	raw_symlink(rf, "/l", "a");
	raw_setxattr(rf, file, "user.x", "v", 1);
	CHECK(!stat("mnt/a", &st), "stat");
	s = script_attach(rf, "script", NULL);
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		check(&table[i]);
	in_flight();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
