// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a walk that holds no reference (RCU) drops none of a directory's: its ACL, which goes with it meanwhile, goes once
 * needs: root extfuse build:tests/bpf/script.bpf.o build:tests/bpf/pause.bpf.o file:/sys/bus/event_source/devices/kprobe/type
 * libs: -lbpf
 *
 * The walk is stopped where it has compared owner and mode with those below, and the directory is removed.
 */
#include <sys/mount.h>

#include "../backing/backing.h"
#include "acl.h"
#include "pause.h"

#define ALICE	1000
#define LONG_NS	(1000 * RAW_SEC)

DECLARE_ACL(5);

static struct rawfuse *rf;

/*
 * With the rights of somebody for whom the ACL of the directory counts; the root's mode has nothing for a group, so that
 * none is looked for, which would end the walk.
 */
static void *walk(void *stopped)
{
	struct stat st;

	CHECK(!syscall(SYS_setgroups, 0, NULL), "no groups");
	CHECK(!syscall(SYS_setresgid, -1, ALICE, -1) && !syscall(SYS_setresuid, -1, ALICE, -1), "another user");
	/* Not at the root, of which it is asked first. */
	if (stopped)
		pause_me(1);
	CHECK(stat("mnt/d/none", &st) && errno == ENOENT, "there is no such file");
	return NULL;
}

static pthread_t walk_start(void *stopped)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, walk, stopped), "thread");
	return thread;
}

int main(void)
{
	struct acl acl = { 2, { { 1, 7, -1 }, { 2, 7, ALICE }, { 4, 7, -1 }, { 0x10, 7, -1 }, { 0x20, 5, -1 } } };
	struct raw_node *dir;
	struct script *s;
	pthread_t thread;

	CHECK(!chmod(".", 0755), "users must reach it");
	CHECK(!mkdir("low", 0701) && !chmod("low", 0701) && !mkdir("low/d", 0755) && !chmod("low/d", 0775), "below");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1",
					   .flags = FUSE_POSIX_ACL, .entry_ns = LONG_NS });
	CHECK(raw_init_flags(rf) & FUSE_POSIX_ACL, "ACLs");
	dir = raw_mkdir(rf, "/d");
	raw_setxattr(rf, dir, "system.posix_acl_access", &acl, sizeof(acl));
	s = script_attach(rf, "script", NULL);
	object(rf, raw_node(rf, FUSE_ROOT_ID), "low");
	object(rf, dir, "low/d");

	pthread_join(walk_start(NULL), NULL);
	raw_reset(rf);
	pthread_join(walk_start(NULL), NULL);
	CHECK(!raw_count_node(rf, FUSE_GETATTR, dir->id), "owner and mode must be looked at below");

	pause_start("extfuse_backing_perm_same");
	thread = walk_start("stopped");
	pause_wait();
	CHECK(!rmdir("mnt/d"), "rmdir");
	CHECK(raw_until(5, raw_forgets(rf, dir->id)), "the inode must be on its way out");
	pause_end();
	pthread_join(thread, NULL);
	pause_stop();

	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
