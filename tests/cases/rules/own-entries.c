// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: READDIR and READDIRPLUS entries that a program makes are checked; one keeps its node only where it can pay for it
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rules 5.3 and 5.5: a name that has a hashed dentry with that node, else the entry is a name only.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;
static char buf[SCRIPT_OUT];
static size_t len;

static void add(struct raw_node *node, uint64_t id, const char *name, bool plus, uint64_t off)
{
	size_t head = plus ? sizeof(struct fuse_entry_out) : 0;
	struct fuse_dirent *d = (void *)(buf + len + head);

	if (plus && node)
		raw_fill_entry(rf, node, (void *)(buf + len));
	if (plus)
		((struct fuse_entry_out *)(buf + len))->nodeid = id;
	d->ino = id ?: 5;	/* libc skips those without a number */
	d->off = off;
	d->type = DT_REG;
	d->namelen = strlen(name);
	memcpy(d->name, name, d->namelen);
	len += FUSE_DIRENT_ALIGN(head + FUSE_NAME_OFFSET + d->namelen);
}

/* The buffer as the program's answer to the first request; what the listing then is. */
static void answer(uint32_t opcode, const char *what, bool stands, const char *want)
{
	struct script_rule rule = { .nfresh = 1, .times = 1, .fresh = { { .kind = EXTFUSE_KIND_DATA } } };
	struct extfuse_op_stats before = script_stats(rf, opcode), after;
	char names[1024];

	script_set(s, EXTFUSE_PHASE_REQUEST, opcode, &rule, buf, len);
	case_list("mnt", names, sizeof(names));
	after = script_stats(rf, opcode);
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, opcode).done == 1, "%s: the program must be asked", what);
	CHECK(after.answered == before.answered + stands, "%s: it must %sstand", what, stands ? "" : "not ");
	CHECK(!strcmp(names, want), "%s: '%s' must be listed, not '%s'", what, want, names);
	script_clear(s);
	memset(buf, 0, sizeof(buf));
	len = 0;
}

static void shapes(uint32_t opcode)
{
	bool plus = opcode == FUSE_READDIRPLUS;
	const char *daemons = ". .. a b ";

	add(NULL, 0, "one", plus, 1000000);
	answer(opcode, "a name", true, "one ");
	add(NULL, 0, "a/b", plus, 1000000);
	answer(opcode, "a slash", false, daemons);
	add(NULL, 0, "ab", plus, 1000000);
	buf[FUSE_NAME_OFFSET + (plus ? sizeof(struct fuse_entry_out) : 0)] = 0;
	answer(opcode, "a NUL", false, daemons);
	add(NULL, 0, "", plus, 1000000);
	answer(opcode, "an empty name", false, daemons);
	add(NULL, 0, "one", plus, 0);
	answer(opcode, "no offset", false, daemons);
	add(NULL, 0, "one", plus, 1000000);
	len -= 8;
	answer(opcode, "half an entry", false, daemons);
	add(NULL, 0, "one", plus, 1000000);
	len += 8;
	answer(opcode, "something left over", false, daemons);
	answer(opcode, "nothing: the end", true, "");
}

/* The reply program sees the entries of an answer with what the request program left in its cookies. */
static void cookies(void)
{
	struct script_rule rule = {
		.nfresh = 1, .times = 1, .fresh = { { .kind = EXTFUSE_KIND_DATA } }, .cookie = 0x1234567890,
	};
	const struct script_event *e;
	char names[1024];

	add(NULL, 0, "one", false, 1000000);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READDIR, &rule, buf, len);
	script_flush(s);
	script_record(s, true);
	case_list("mnt", names, sizeof(names));
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_READDIR);
	CHECK(e->req.flags & EXTFUSE_F_ENTRY && e->req.cookie[0] == rule.cookie, "the cookie must arrive");
	script_record(s, false);
	script_clear(s);
	memset(buf, 0, sizeof(buf));
	len = 0;
}

int main(void)
{
	struct raw_node *a, *b;
	struct stat st;
	uint64_t counted;

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	raw_file(rf, "/a", "text", 4);
	raw_file(rf, "/b", "text", 4);
	shapes(FUSE_READDIR);
	cookies();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS, .flags = FUSE_DO_READDIRPLUS });
	s = script_attach(rf, "script", NULL);
	a = raw_file(rf, "/a", "text", 4);
	b = raw_file(rf, "/b", "text", 4);
	shapes(FUSE_READDIRPLUS);
	raw_balance(rf);

	/* Known: it takes its count. Twice, so that a wrong count would show. */
	CHECK(!stat("mnt/a", &st) && a->nlookup == 1 && !b->nlookup, "a is known, b is not");
	add(a, a->id, "a", true, 3);
	add(b, b->id, "b", true, 4);
	add(a, 77, "z", true, 1000000);
	answer(FUSE_READDIRPLUS, "a known and two unknown nodes", true, "a b z ");
	add(a, a->id, "a", true, 1000000);
	answer(FUSE_READDIRPLUS, "a known node", true, "a ");
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && st.st_ino == a->id, "stat");
	CHECK(stat("mnt/z", &st) && errno == ENOENT, "z is nothing but what the program said");
	CHECK(raw_count(rf, FUSE_LOOKUP) == 1, "a must still be known, and z be asked for");
	CHECK(!stat("mnt/b", &st) && st.st_ino == b->id, "b must be asked for");
	CHECK(raw_count(rf, FUSE_LOOKUP) == 2, "b must be asked for");

	/* Wrong about a known one: it is a name only, and harms nothing. */
	add(b, b->id, "a", true, 1000000);
	answer(FUSE_READDIRPLUS, "another node for a name", true, "a ");
	add(a, a->id, "a", true, 1000000);
	((struct fuse_entry_out *)buf)->generation++;
	answer(FUSE_READDIRPLUS, "another generation", true, "a ");
	add(a, a->id, "a", true, 1000000);
	((struct fuse_entry_out *)buf)->attr.size = 1;
	answer(FUSE_READDIRPLUS, "another size", true, "a ");
	add(a, a->id, ".", true, 5);
	add(a, a->id, "..", true, 1000000);
	answer(FUSE_READDIRPLUS, "dots with a node", true, ". .. ");
	CHECK(!stat("mnt/a", &st) && st.st_size == 4 && st.st_ino == a->id, "a must be as it was");
	counted = a->nlookup;
	raw_balance(rf);
	CHECK(raw_forgets(rf, a->id) >= counted, "FORGETs");
	script_free(s);
	raw_stop(rf);
	return 0;
}
