// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with a daemon of an old protocol minor programs see and write outputs of the size that this daemon writes
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <sys/stat.h>

#include "case.h"
#include "script.h"

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .minor = 8 });
	struct script *s = script_attach(rf, "script", NULL);
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	const struct script_event *e;
	struct fuse_entry_out entry;
	struct fuse_attr_out attr;
	struct script_rule rule;
	struct stat st;

	script_record(s, true);
	CHECK(!stat("mnt", &st) && !stat("mnt/a", &st) && st.st_size == 4, "stat");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR);
	CHECK(e->req.out_size[0] == FUSE_COMPAT_ATTR_OUT_SIZE, "GETATTR: %u", e->req.out_size[0]);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(e->req.out_size[0] == FUSE_COMPAT_ENTRY_OUT_SIZE, "LOOKUP: %u", e->req.out_size[0]);
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP);
	CHECK(e->req.out_size[0] == FUSE_COMPAT_ENTRY_OUT_SIZE && !e->out_result[0], "its reply: %u", e->req.out_size[0]);

	raw_fill_attr(rf, raw_node(rf, FUSE_ROOT_ID), &attr);
	attr.attr.mtime = 42;
	rule = (struct script_rule){ .nodeid = FUSE_ROOT_ID, .nfresh = 1 };
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	CHECK(!stat("mnt", &st) && st.st_mtime != 42, "the size of a newer protocol must not stand");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).write_result == -E2BIG, "it is too large");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, FUSE_COMPAT_ATTR_OUT_SIZE);
	raw_reset(rf);
	CHECK(!stat("mnt", &st) && st.st_mtime == 42 && !raw_count(rf, FUSE_GETATTR), "that of this one must");

	raw_fill_entry(rf, file, &entry);
	rule = (struct script_rule){ .nfresh = 2, .fresh = { { .kind = EXTFUSE_KIND_NAME }, { .nodeid = file->id } } };
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, FUSE_COMPAT_ENTRY_OUT_SIZE);
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && !raw_count(rf, FUSE_LOOKUP), "LOOKUP too");
	script_clear(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
