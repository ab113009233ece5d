// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a dead daemon means ENOTCONN for what programs answered or refused a moment before, and their programs go
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	struct script *s = script_attach(rf, "script", NULL);
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	struct fuse_attr_out attr;
	struct stat st;
	char buf[16];

	CHECK(!stat("mnt/a", &st), "the name must be known");
	raw_fill_attr(rf, file, &attr);
	attr.attr.mtime = 42;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &(struct script_rule){ .nfresh = 1, .nodeid = file->id },
		   &attr, sizeof(attr));
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETXATTR, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && st.st_mtime == 42, "GETATTR must be answered");
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) < 0 && errno == EPERM, "GETXATTR must be refused");
	CHECK(!raw_count_all(rf), "without the daemon");

	raw_drop(rf);
	CHECK(stat("mnt/a", &st) && errno == ENOTCONN, "GETATTR of a dead daemon");
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) < 0 && errno == ENOTCONN, "GETXATTR of a dead daemon");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).done == 1, "no program ran after it died");
	script_free(s);
	/* The harness looks whether programs and maps are left; the mount still stands here. */
	raw_stop(rf);
	return 0;
}
