// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an ACL is set, changed and removed by the owner of the file below only, also for a daemon that never asked for FUSE_POSIX_ACL
 * needs: root extfuse ext4
 * timeout: 60
 *
 * Without that flag the VFS of Linux 6.1 checks nothing for names of system.*.
 */
#include <sys/xattr.h>
#include <unistd.h>

#include "../backing/backing.h"
#include "matrix.h"

#define STRANGER	1005
#define ACCESS		"system.posix_acl_access"

static struct rawfuse *rf;
static struct script *s;

static void become(uid_t uid)
{
	CHECK(!seteuid(0) && !setegid(uid) && !seteuid(uid), "to be %u", uid);
}

static struct acl acl;

/* Who may not change the mode may not change the ACL either; to read it is everybody's. */
static void refused(const char *file, uid_t uid)
{
	char mnt[64], low[64], buf[64];

	snprintf(mnt, sizeof(mnt), "mnt/%s", file);
	snprintf(low, sizeof(low), "low/%s", file);
	become(uid);
	CHECK(setxattr(mnt, ACCESS, &acl, sizeof(acl), 0) && errno == EPERM, "%s: set by %u", file, uid);
	CHECK(setxattr(low, ACCESS, &acl, sizeof(acl), 0) && errno == EPERM, "%s: set by %u below", file, uid);
	CHECK(removexattr(mnt, ACCESS) && errno == EPERM, "%s: removed by %u", file, uid);
	CHECK(removexattr(low, ACCESS) && errno == EPERM, "%s: removed by %u below", file, uid);
	become(0);
	CHECK(getxattr(mnt, ACCESS, buf, sizeof(buf)) == getxattr(low, ACCESS, buf, sizeof(buf)), "%s: read", file);
}

int main(void)
{
	struct raw_opts opts = {
		.type = "extfuse", .options = "default_permissions,max_stack_depth=1",
	};
	struct raw_node *roots, *alices;
	char buf[64];

	acl = acl_make(6, 7, 0);
	CHECK(!chmod(".", 0755) && !mkdir("low", 0755), "a directory");
	put("low/roots", "secret");
	put("low/alices", "alice's");
	CHECK(!chmod("low/roots", 0600) && !chown("low/alices", ALICE, ALICE), "owners");
	rf = raw_start(&opts);
	roots = raw_file(rf, "/roots", "secret", 6);
	alices = raw_file(rf, "/alices", "alice's", 7);
	object(rf, roots, "low/roots");
	object(rf, alices, "low/alices");
	raw_lock(rf);
	alices->attr.uid = alices->attr.gid = ALICE;
	raw_unlock(rf);
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_SETXATTR);
	passes(s, FUSE_GETXATTR);
	passes(s, FUSE_REMOVEXATTR);

	refused("roots", ALICE);
	CHECK(getxattr("low/roots", ACCESS, buf, sizeof(buf)) == -1 && errno == ENODATA, "root's has none");
	refused("alices", STRANGER);
	become(ALICE);
	CHECK(!setxattr("mnt/alices", ACCESS, &acl, sizeof(acl), 0), "the owner's is set");
	become(0);
	CHECK(getxattr("low/alices", ACCESS, buf, sizeof(buf)) == 4 + 6 * 8, "and is there");
	refused("alices", STRANGER);
	become(ALICE);
	CHECK(!removexattr("mnt/alices", ACCESS), "and removed");
	become(0);
	CHECK(getxattr("low/alices", ACCESS, buf, sizeof(buf)) == -1 && errno == ENODATA, "it is gone");
	CHECK(script_stats(rf, FUSE_SETXATTR).passed && script_stats(rf, FUSE_REMOVEXATTR).passed, "it was passed through");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
