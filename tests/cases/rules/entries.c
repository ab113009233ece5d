// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the reply program sees a directory entry by entry and may hide it; offsets go on, counts of hidden entries go back
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 120
 *
 * Rule 5.3, for READDIR and READDIRPLUS; whole buffers hidden, "." and ".." never, no cached listing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

#define HIDDEN	400	/* more than one buffer of 4 KiB, as READDIRPLUS and as READDIR */

static struct rawfuse *rf;
static struct script *s;
static uint32_t op;

struct seen {
	unsigned int all, dots, hidden, shown, last;
};

static struct seen list(void)
{
	struct seen seen = {};
	struct dirent *d;
	DIR *dir = opendir("mnt");

	CHECK(dir, "the root must open");
	while ((errno = 0, d = readdir(dir))) {
		seen.all++;
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			seen.dots++;
		else if (!strncmp(d->d_name, "hide", 4))
			seen.hidden++;
		else if (!strcmp(d->d_name, "last"))
			seen.last++;
		else
			seen.shown++;
	}
	CHECK(!errno, "readdir");
	closedir(dir);
	return seen;
}

/* Where the entry's name is: of READDIRPLUS behind the entry. */
static struct script_rule hide(const char *prefix)
{
	struct script_rule rule = {
		.verdict = -ENOENT,
		.name_arg = op == FUSE_READDIRPLUS ? OUT_PARAM_1 : OUT_PARAM_0,
		.name_offset = FUSE_NAME_OFFSET,
		.name_len = strlen(prefix),
	};

	strcpy(rule.name, prefix);
	return rule;
}

static void fill(void)
{
	char name[32];
	int i;

	raw_file(rf, "/first", "x", 1);
	for (i = 0; i < HIDDEN; i++) {
		snprintf(name, sizeof(name), "/hide%03d", i);
		raw_file(rf, name, NULL, 0);
		if (i % 100 == 50) {
			snprintf(name, sizeof(name), "/show%03d", i);
			raw_file(rf, name, NULL, 0);
		}
	}
	raw_file(rf, "/last", "x", 1);
}

static void check(uint64_t flags)
{
	struct script_rule rule;
	struct seen seen;
	struct stat st;

	op = flags & FUSE_DO_READDIRPLUS ? FUSE_READDIRPLUS : FUSE_READDIR;
	rf = raw_start(&(struct raw_opts){ .flags = flags, .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	fill();
	seen = list();
	CHECK(seen.hidden == HIDDEN && seen.shown == 5 && seen.last && seen.dots == 2, "all of it without a rule: %u %u",
	      seen.hidden, seen.shown);
	CHECK(script_stats(rf, op).replies == HIDDEN + 8, "each entry must have been asked: %llu",
	      (long long)script_stats(rf, op).replies);
	raw_balance(rf);

	rule = hide("hide");
	script_set(s, EXTFUSE_PHASE_REPLY, op, &rule, NULL, 0);
	seen = list();
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, op).done == HIDDEN, "each must be hidden once: %llu",
	      (long long)script_get(s, EXTFUSE_PHASE_REPLY, op).done);
	CHECK(!seen.hidden, "%u entries must be hidden", seen.hidden);
	CHECK(seen.shown == 5 && seen.last == 1 && seen.dots == 2, "what is between and behind must come, once: %u %u %u",
	      seen.shown, seen.last, seen.dots);
	CHECK(!stat("mnt/hide001", &st), "a listing says nothing of the name itself");

	/* All that can be hidden. */
	script_set(s, EXTFUSE_PHASE_REPLY, op, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	seen = list();
	CHECK(seen.all == 2 && seen.dots == 2, "only . and .. must be left, not %u", seen.all);
	/* What is no refusal keeps. */
	script_set(s, EXTFUSE_PHASE_REPLY, op, &(struct script_rule){ .verdict = 5 }, NULL, 0);
	seen = list();
	CHECK(seen.all == HIDDEN + 9 - 1, "a verdict that is none keeps all: %u", seen.all);
	script_clear(s);
	raw_balance(rf);
	script_free(s);
	raw_stop(rf);
}

/* What a program hides from one caller must not be what all get, nor the other way round. */
static void no_cached_listing(void)
{
	struct raw_node *root;
	struct seen seen;

	op = FUSE_READDIR;
	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	root = raw_node(rf, FUSE_ROOT_ID);
	root->open_flags = FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE;
	raw_file(rf, "/first", "x", 1);
	list();
	raw_reset(rf);
	list();
	CHECK(!raw_count(rf, FUSE_READDIR), "without programs the listing is cached");

	s = script_attach(rf, "script", NULL);
	raw_reset(rf);
	list();
	CHECK(raw_count(rf, FUSE_READDIR), "with programs for entries it must not be taken from the cache");
	raw_reset(rf);
	script_set(s, EXTFUSE_PHASE_REPLY, op, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	seen = list();
	CHECK(raw_count(rf, FUSE_READDIR) && seen.all == 2, "nor what was read with them be cached");
	script_detach(s);
	seen = list();
	CHECK(seen.all == 3, "what was hidden must be back after a detach, not %u entries", seen.all);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

/* Lifetimes of READDIRPLUS entries are changed as those of LOOKUP. */
static void lengthen(void)
{
	struct script_rule rule = { .write = SCRIPT_WRITE_PATCH, .patch = {
		{ .offset = offsetof(struct fuse_entry_out, entry_valid), .size = 8, .value = 60 },
		{ .offset = offsetof(struct fuse_entry_out, attr_valid), .size = 8, .value = 60 },
		{ .offset = offsetof(struct fuse_entry_out, attr.size), .size = 8, .value = 60 },
		{ .offset = offsetof(struct fuse_entry_out, nodeid), .size = 8, .value = 60 } } };
	struct extfuse_options opts = { .actimeo_ns = 100 * RAW_SEC };
	struct stat st;

	op = FUSE_READDIRPLUS;
	rf = raw_start(&(struct raw_opts){ .flags = FUSE_DO_READDIRPLUS });
	s = script_attach(rf, "script", &opts);
	raw_file(rf, "/a", "text", 4);
	list();
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && raw_count(rf, FUSE_LOOKUP), "with lifetimes of 0 a stat is a request");
	script_set(s, EXTFUSE_PHASE_REPLY, op, &rule, NULL, 0);
	list();
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(!raw_count(rf, FUSE_LOOKUP) && !raw_count(rf, FUSE_GETATTR), "with a longer one it is not");
	CHECK(st.st_size == 4 && st.st_ino == 2, "size and node are the daemon's");
	script_clear(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	check(0);
	check(FUSE_DO_READDIRPLUS);
	no_cached_listing();
	lengthen();
	return 0;
}
