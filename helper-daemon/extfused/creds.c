// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the mirror is while it works for a caller.
 *
 * The kernel has checked the caller's permissions already, so a thread keeps
 * every capability over files; its fsuid, fsgid and umask are the caller's,
 * because they decide whose a new file is, whose quota pays, and who may use
 * the blocks that are reserved for root.  These are properties of a thread (the
 * umask after unshare(CLONE_FS)) and are changed only when the caller differs
 * from the one before.
 */
#include "mirror.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

static __thread struct {
	uid_t uid;
	gid_t gid;
	mode_t mask;
} me;

struct caps {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[2];
};

static int caps_get(struct caps *c)
{
	memset(c, 0, sizeof(*c));
	c->head.version = _LINUX_CAPABILITY_VERSION_3;
	return syscall(SYS_capget, &c->head, c->data) ? -errno : 0;
}

/* Everything permitted becomes effective, but the capabilities in @without. */
static int caps_set(uint64_t without)
{
	struct caps c;
	int err = caps_get(&c);

	if (err)
		return err;
	c.data[0].effective = c.data[0].permitted & ~(uint32_t)without;
	c.data[1].effective = c.data[1].permitted & ~(uint32_t)(without >> 32);
	return syscall(SYS_capset, &c.head, c.data) ? -errno : 0;
}

int creds_thread_init(void)
{
	if (unshare(CLONE_FS))
		return -errno;
	umask(0);
	me.mask = 0;
	return 0;
}

void creds_become_ids(uid_t uid, gid_t gid, mode_t mask)
{
	if (mask != me.mask) {
		umask(mask);
		me.mask = mask;
	}
	if (gid != me.gid) {
		setfsgid(gid);
		me.gid = gid;
	}
	if (uid != me.uid) {
		setfsuid(uid);
		me.uid = uid;
		/*
		 * A change from or to 0 takes or gives capabilities over files.
		 * CAP_SYS_RESOURCE would lift the caller's quota.
		 */
		caps_set(uid ? 1ULL << CAP_SYS_RESOURCE : 0);
	}
}

void creds_be_self(void)
{
	creds_become_ids(0, 0, me.mask);
}

void creds_become(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	creds_become_ids(ctx->uid, ctx->gid, ctx->umask);
}

int creds_drop(fuse_req_t req)
{
	gid_t groups[256];
	int n;

	creds_become(req);
	n = fuse_req_getgroups(req, sizeof(groups) / sizeof(*groups), groups);
	if (n < 0 || n > (int)(sizeof(groups) / sizeof(*groups)))
		n = 0;
	/* The system call itself: the C library would change all threads. */
	if (syscall(SYS_setgroups, n, groups))
		return -errno;
	return caps_set(1ULL << CAP_FSETID | 1ULL << CAP_SYS_RESOURCE);
}

void creds_restore(void)
{
	syscall(SYS_setgroups, 0, NULL);
	caps_set(me.uid ? 1ULL << CAP_SYS_RESOURCE : 0);
}
