// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: where memory cannot be had a listing fails before it is sent, and what is owed to the daemon is paid all the same
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 120
 *
 * Called by the unit beside it: the parameter is that of a debug build.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cases/rules/rules.h"

/* Bits of memory_fails. */
#define LISTING	1
#define FORGET	2
#define RELEASE	4

#define HIDDEN	20

static struct rawfuse *rf;
static struct script *s;

static void lacks(unsigned int what)
{
	FILE *f = fopen("/sys/module/extfuse/parameters/memory_fails", "w");

	CHECK(f && fprintf(f, "%u", what) > 0 && !fclose(f), "memory_fails");
}

/* The error of reading the directory to its end. */
static int list(unsigned int *entries)
{
	DIR *dir = opendir("mnt");
	int err;

	CHECK(dir, "the root must open");
	for (*entries = 0; (errno = 0, readdir(dir)); (*entries)++)
		;
	err = errno;
	closedir(dir);
	return err;
}

static void listing(void)
{
	unsigned int entries;

	lacks(LISTING);
	raw_reset(rf);
	CHECK(list(&entries) == ENOMEM && !entries, "a listing without memory must be an error");
	CHECK(!raw_count(rf, FUSE_READDIRPLUS), "the daemon must not have been asked");
	lacks(0);
	CHECK(!list(&entries) && entries == HIDDEN + 3, "with memory it must be whole, not %u", entries);
	CHECK(raw_count(rf, FUSE_READDIRPLUS), "by the daemon");
}

static void refuse(uint32_t opcode, const struct script_rule *rule)
{
	script_clear(s);
	script_set(s, EXTFUSE_PHASE_REPLY, opcode, rule, NULL, 0);
	raw_reset(rf);
}

static void lookup(struct raw_node *node)
{
	uint64_t before = raw_forgets(rf, node->id);
	struct stat st;

	refuse(FUSE_LOOKUP, &(struct script_rule){ .verdict = -EACCES });
	CHECK(stat("mnt/a", &st) && errno == EACCES, "LOOKUP must be refused");
	CHECK(raw_until(5, raw_forgets(rf, node->id) == before + 1), "its count must come back");
}

static void hidden_entries(void)
{
	struct script_rule rule = {
		.verdict = -ENOENT, .name_arg = OUT_PARAM_1, .name_offset = FUSE_NAME_OFFSET, .name_len = 4, .name = "hide",
	};
	unsigned int entries;

	refuse(FUSE_READDIRPLUS, &rule);
	CHECK(list(&entries) == ENOMEM, "what cannot be given back one by one is an error");
	CHECK(raw_count(rf, FUSE_READDIRPLUS) == 1, "the daemon must have been asked");
	script_clear(s);
}

static void opened(void)
{
	refuse(FUSE_OPEN, &(struct script_rule){ .verdict = -EACCES });
	CHECK(open("mnt/b", O_RDONLY) < 0 && errno == EACCES, "OPEN must be refused");
	CHECK(raw_count(rf, FUSE_RELEASE) == 1, "its handle must be released when the caller goes on");
	refuse(FUSE_OPENDIR, &(struct script_rule){ .verdict = -EACCES });
	CHECK(open("mnt", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES, "OPENDIR must be refused");
	CHECK(raw_count(rf, FUSE_RELEASEDIR) == 1, "its handle must be released when the caller goes on");
	script_clear(s);
}

int main(void)
{
	struct raw_node *a;
	char name[32];
	int i;

	rf = raw_start(&(struct raw_opts){ .flags = FUSE_DO_READDIRPLUS });
	s = script_attach(rf, "script", NULL);
	a = raw_file(rf, "/a", "text", 4);
	for (i = 0; i < HIDDEN; i++) {
		snprintf(name, sizeof(name), "/hide%03d", i);
		raw_file(rf, name, NULL, 0);
	}
	listing();
	raw_balance(rf);

	lacks(FORGET | RELEASE);
	lookup(a);
	hidden_entries();
	lacks(RELEASE);
	raw_file(rf, "/b", "text", 4);
	opened();
	lacks(FORGET | RELEASE);
	raw_balance(rf);
	lacks(0);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
