// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: at revalidation a program can only confirm: nothing it says detaches a mount below or makes an open file bad
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rules 5.1 and 5.5: a negative, another node, generation, type or mode, an error, in both phases.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *dir, *file;
static int fd;

/* A stat of what is mounted on mnt/d, and of the open file, while the program says @out. */
static void unharmed(const char *what)
{
	uint64_t lookups, played;
	struct stat st;
	char buf[8];

	raw_reset(rf);
	CHECK(!stat("mnt/d/below", &st), "%s: what is mounted below must stay", what);
	played = script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP).done +
		 script_get(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP).done;
	lookups = raw_count(rf, FUSE_LOOKUP);
	CHECK(!stat("mnt/a", &st), "%s: the file must be found", what);
	CHECK(!fstat(fd, &st) && st.st_size == 4, "%s: the open file must stay good", what);
	CHECK(pread(fd, buf, 4, 0) == 4 && !memcmp(buf, "text", 4), "%s: it must be readable", what);
	CHECK(played, "%s: the program must have been asked", what);
	CHECK(lookups, "%s: the daemon must be asked", what);
}

static void answer(const char *what, struct raw_node *node, const char *name, void (*spoil)(struct fuse_entry_out *))
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_LOOKUP), after;
	struct fuse_entry_out out;
	struct script_rule rule = rule_lookup(rf, node, name, &out);

	spoil(&out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
	if (node == dir) {
		unharmed(what);
	} else {
		struct stat st;
		char buf[8];

		raw_reset(rf);
		CHECK(!stat("mnt/a", &st), "%s: the file must be found", what);
		CHECK(raw_count(rf, FUSE_LOOKUP) == 1, "%s: the daemon must be asked", what);
		CHECK(!fstat(fd, &st) && pread(fd, buf, 4, 0) == 4, "%s: the open file must stay good", what);
	}
	after = script_stats(rf, FUSE_LOOKUP);
	CHECK(after.answered == before.answered, "%s: it must not stand", what);
	CHECK(after.stale + after.bad > before.stale + before.bad, "%s: it must be counted", what);
	script_clear(s);
}

static void refuse(uint32_t phase, int verdict)
{
	struct script_rule rule = { .verdict = verdict };

	script_set(s, phase, FUSE_LOOKUP, &rule, NULL, 0);
	unharmed(phase ? "a reply program's error" : "a request program's error");
	script_clear(s);
}

static void same(struct fuse_entry_out *out)
{
	(void)out;
}

static void negative(struct fuse_entry_out *out)
{
	out->nodeid = 0;
}

static void other_node(struct fuse_entry_out *out)
{
	out->nodeid++;
}

static void other_generation(struct fuse_entry_out *out)
{
	out->generation++;
}

static void other_type(struct fuse_entry_out *out)
{
	out->attr.mode ^= S_IFDIR | S_IFCHR;
}

static void other_mode(struct fuse_entry_out *out)
{
	out->attr.mode ^= 022;
}

static void no_type(struct fuse_entry_out *out)
{
	out->attr.mode &= 07777;
}

static void huge(struct fuse_entry_out *out)
{
	out->attr.size = UINT64_MAX;
}

static void every(struct raw_node *node, const char *name)
{
	answer("ENOENT as node 0", node, name, negative);
	answer("another node", node, name, other_node);
	answer("another generation", node, name, other_generation);
	answer("another type", node, name, other_type);
	answer("another mode", node, name, other_mode);
	answer("no type", node, name, no_type);
	answer("an impossible size", node, name, huge);
}

int main(void)
{
	struct fuse_entry_out out;
	struct script_rule rule;
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	dir = raw_mkdir(rf, "/d");
	file = raw_file(rf, "/a", "text", 4);
	CHECK(!mount("none", "mnt/d", "tmpfs", 0, NULL), "a mount below");
	CHECK(close(open("mnt/d/below", O_CREAT | O_WRONLY, 0600)) == 0, "a file there");
	fd = open("mnt/a", O_RDONLY);
	CHECK(fd >= 0, "open");

	/* First that an answer stands at all: else what follows proves nothing. */
	rule = rule_lookup(rf, dir, "d", &out);
	same(&out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!stat("mnt/d/below", &st) && !raw_count(rf, FUSE_LOOKUP), "a true answer must stand");

	every(dir, "d");
	every(file, "a");
	refuse(EXTFUSE_PHASE_REQUEST, -ENOENT);
	refuse(EXTFUSE_PHASE_REQUEST, -ESTALE);
	refuse(EXTFUSE_PHASE_REPLY, -ENOENT);
	refuse(EXTFUSE_PHASE_REPLY, -EACCES);
	close(fd);
	CHECK(!umount("mnt/d"), "it must still be mounted");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
