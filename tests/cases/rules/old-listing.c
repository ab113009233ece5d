// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a READDIRPLUS reply is as old as the directory's opening: what has changed since is neither lengthened nor fresh
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * libfuse's high level reads a directory as a whole and serves entries from that, older than the request that gets them.
 */
#include <dirent.h>
#include <stddef.h>
#include <sys/stat.h>

#include "rules.h"

/* The program makes each entry's attributes and name valid for a minute. */
static void lengthen(struct script *s)
{
	struct script_rule rule = {
		.verdict = 0,
		.write = SCRIPT_WRITE_PATCH,
		.out_size = sizeof(struct fuse_entry_out),
		.patch = {
			{ offsetof(struct fuse_entry_out, entry_valid), 8, 60 },
			{ offsetof(struct fuse_entry_out, attr_valid), 8, 60 },
		},
	};

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS, &rule, NULL, 0);
}

static unsigned int asked(struct rawfuse *rf)
{
	return raw_count(rf, FUSE_GETATTR) + raw_count(rf, FUSE_LOOKUP);
}

int main(void)
{
	struct extfuse_options opts = { .actimeo_ns = 60 * RAW_SEC };
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .flags = FUSE_DO_READDIRPLUS });
	const struct script_event *ev;
	unsigned int before;
	struct script *s;
	struct stat st;
	uint64_t opened;
	DIR *dir;

	raw_file(rf, "/changed", "text", 4);
	raw_file(rf, "/left", "text", 4);
	s = script_attach(rf, "script", &opts);
	lengthen(s);
	CHECK(!stat("mnt/changed", &st) && !stat("mnt/left", &st), "stat");

	dir = opendir("mnt");
	CHECK(dir, "opendir");
	script_flush(s);
	script_record(s, true);
	CHECK(!stat("mnt/left", &st), "stat");
	ev = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(ev, "a LOOKUP tells the clock");
	opened = ev->req.stamp;
	CHECK(!chmod("mnt/changed", 0600), "chmod");
	script_flush(s);
	while (readdir(dir))
		;
	ev = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS);
	CHECK(ev && ev->req.flags & EXTFUSE_F_ENTRY, "the kernel must have asked with READDIRPLUS");
	CHECK(ev->req.stamp <= opened, "the reply's stamp is the opening's");
	script_record(s, false);

	before = asked(rf);
	CHECK(!stat("mnt/left", &st) && asked(rf) == before, "what was left alone is kept for long");
	CHECK(!stat("mnt/changed", &st) && asked(rf) > before, "what has changed since is asked for");
	CHECK((st.st_mode & 07777) == 0600, "and is as it is now");

	closedir(dir);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
