// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose rights a thread has while it works on a request.
 *
 * The kernel checks the caller before it sends the request, but by what it knows:
 * since then the file may have got another owner, and the name may lead to another
 * file.  Only the file system below sees both at the moment of the change.  So a
 * request that changes or opens something is done as its caller: with the caller's
 * fsuid, fsgid, supplementary groups and umask, and without a capability that the
 * caller lacks.  A request that only looks, or works on what was opened before, is
 * done as the daemon itself.  One table says which.  creds_begin() goes by it before
 * libfuse sees the request, so no operation can forget it.
 *
 * The header of a request has the ids.  /proc has the rest.  It is reliable because
 * the caller waits: once a request was read, its task leaves the kernel only with the
 * reply.  Not all of it may be taken:
 *
 * - A capability counts in the user namespace that it is held in; those of another
 *   user namespace do not count here.
 * - /proc shows the credentials that a task has for good.  A task that works with
 *   others for a moment (overlayfs, nfsd, io_uring) is marked in the header, and gets
 *   nothing beyond its ids.  So does a caller that /proc does not show.
 * - Through a mount with mapped ids the caller's ids are mapped, its groups are not
 *   known, and its capabilities count.
 * - No task waits for asynchronous reads and writes (the header says so).  Such a read
 *   has no capabilities, such a write those that a write asks for.
 *
 * The contents of files that are made for their reader (/proc, /sys and their like)
 * depend on the reader: there looking and reading are also done as the caller.
 *
 * All of these belong to a thread (the umask after unshare(CLONE_FS)).
 */
#include "creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/fuse.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/extfuse.h>

#define CAP(cap)	(1ULL << (cap))

/* What a write asks for: to keep set-id bits, and to use reserved blocks. */
#define WRITE_CAPS	(CAP(CAP_FSETID) | CAP(CAP_SYS_RESOURCE))

/* AS_READER: as the caller if files are made for their reader, else as the daemon. */
enum rights { AS_CALLER, AS_SELF, AS_READER };

/* The rights of each opcode; an opcode that is not here is done as the caller. */
static const unsigned char rights[] = {
	/* Looking: the kernel has checked the caller, and its caches are for all callers. */
	[FUSE_LOOKUP] = AS_READER,
	[FUSE_GETATTR] = AS_READER,
	[FUSE_READLINK] = AS_READER,
	[FUSE_STATFS] = AS_SELF,
	[FUSE_GETXATTR] = AS_READER,	/* but see getxattr_is_checked() */
	/* Work on what the caller has opened, or may have closed. */
	[FUSE_READ] = AS_READER,
	[FUSE_READDIR] = AS_READER,
	[FUSE_READDIRPLUS] = AS_READER,
	[FUSE_LSEEK] = AS_READER,
	[FUSE_FLUSH] = AS_SELF,
	[FUSE_FSYNC] = AS_SELF,
	[FUSE_FSYNCDIR] = AS_SELF,
	[FUSE_RELEASE] = AS_SELF,
	[FUSE_RELEASEDIR] = AS_SELF,
	/* Of no caller. */
	[FUSE_FORGET] = AS_SELF,
	[FUSE_BATCH_FORGET] = AS_SELF,
	[FUSE_INIT] = AS_SELF,
	[FUSE_DESTROY] = AS_SELF,
	[FUSE_INTERRUPT] = AS_SELF,
};

/* The credentials of a thread; unknown before its first request, and after a failed change. */
static __thread struct {
	bool known;
	uint32_t uid;
	uint32_t gid;
	uint64_t caps;
	mode_t mask;
	struct groups groups;
} me;

/* This thread's request, and its caller. */
static __thread struct fuse_in_header request;
static __thread struct identity caller;

static uint64_t own_caps;	/* all that the daemon may have */

static int caps_get(uint64_t *permitted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* Makes these effective, and no others; what is permitted stays. */
static int caps_set(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = own_caps },
		{ .effective = caps >> 32, .permitted = own_caps >> 32 },
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static bool groups_same(const struct groups *a, const struct groups *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->gids, b->gids, a->n * sizeof(*a->gids)));
}

static int groups_set(const struct groups *g)
{
	/* The system call itself: the C library would change all threads. */
	if (syscall(SYS_setgroups, g->n, g->gids))
		return -errno;
	if (groups_room(&me.groups, g->n))
		return -ENOMEM;
	if (g->n)
		memcpy(me.groups.gids, g->gids, g->n * sizeof(*g->gids));
	me.groups.n = g->n;
	return 0;
}

/*
 * Files that are made for their reader may ask for its effective ids (sysctls,
 * cgroup.procs of version 1).  Elsewhere those stay root's: a task may set the
 * priority and the processors of one that has its own effective id.  The real and
 * saved ones stay in any case: nobody else may send a signal then, or trace.
 */
static int effective_ids_set(uint32_t uid, uint32_t gid)
{
	/* The system calls themselves, of one thread. */
	if (syscall(SYS_setresgid, -1, gid, -1) || syscall(SYS_setresuid, -1, uid, -1))
		return -errno;
	return 0;
}

/* setfsuid() and setfsgid() do not say whether they did it; asked for no id they tell the present one. */
static int ids_set(uint32_t uid, uint32_t gid)
{
	if (mirror.made_when_read)
		return effective_ids_set(uid, gid);
	setfsgid(gid);
	setfsuid(uid);
	return (uint32_t)setfsgid(-1) == gid && (uint32_t)setfsuid(-1) == uid ? 0 : -EPERM;
}

static int change(const struct identity *id)
{
	int err = me.known && me.caps == own_caps ? 0 : caps_set(own_caps);

	if (!err && !(me.known && groups_same(&id->groups, &me.groups)))
		err = groups_set(&id->groups);
	if (!err)
		err = ids_set(id->uid, id->gid);
	/* Last: a change of fsuid from or to 0 gives or takes capabilities. */
	if (!err)
		err = caps_set(id->caps & own_caps);
	return err;
}

static bool is_me(const struct identity *id)
{
	return me.known && id->uid == me.uid && id->gid == me.gid && groups_same(&id->groups, &me.groups);
}

/* Gives the thread the credentials of @id.  After a failure they are unknown, and it must not work. */
static int become(const struct identity *id)
{
	uint64_t caps = id->caps & own_caps;
	int err;

	if (is_me(id) && caps == me.caps)
		return 0;
	err = is_me(id) ? caps_set(caps) : change(id);
	me.known = !err;
	me.uid = id->uid;
	me.gid = id->gid;
	me.caps = caps;
	return err;
}

int creds_be_self(void)
{
	const struct identity self = { .caps = own_caps };

	return become(&self);
}

/* The argument of a request, or NULL if the request is too short for one. */
static const void *argument(const struct fuse_in_header *head, size_t have, size_t size)
{
	return have >= sizeof(*head) + size ? head + 1 : NULL;
}

static mode_t mask_of(const struct fuse_in_header *head, size_t have)
{
	const struct fuse_mknod_in *mknod = argument(head, have, sizeof(*mknod));
	const struct fuse_mkdir_in *mkdir = argument(head, have, sizeof(*mkdir));
	const struct fuse_create_in *create = argument(head, have, sizeof(*create));

	switch (head->opcode) {
	case FUSE_MKNOD:
		return mknod ? mknod->umask : 0;
	case FUSE_MKDIR:
		return mkdir ? mkdir->umask : 0;
	case FUSE_CREATE:
	case FUSE_TMPFILE:
		return create ? create->umask : 0;
	default:
		return 0;
	}
}

/* Is this a write back from the page cache, for which no task has asked? */
static const struct fuse_write_in *written_back(const struct fuse_in_header *head, size_t have)
{
	const struct fuse_write_in *in = argument(head, have, sizeof(*in));

	return head->opcode == FUSE_WRITE && in && in->fh && in->write_flags & FUSE_WRITE_CACHE ? in : NULL;
}

/*
 * Whether the file system below is to check the caller: for "user." by the file's
 * mode, for "trusted." by a capability.  The others are ACLs and the attributes of
 * security modules, which the kernel reads for itself.
 */
static bool getxattr_is_checked(const struct fuse_in_header *head, size_t have)
{
	const struct fuse_getxattr_in *in = argument(head, have, sizeof(*in) + 1);
	const char *name = (const char *)(in + 1);

	/* With allow_idmap the request does not name its caller, and the kernel's check must suffice. */
	if (!in || head->uid == NO_ID)
		return false;
	return !strncmp(name, "user.", 5) || !strncmp(name, "trusted.", 8);
}

static enum rights rights_of(const struct fuse_in_header *head, size_t have)
{
	if (head->opcode >= sizeof(rights))
		return AS_CALLER;
	if (head->opcode == FUSE_GETXATTR && getxattr_is_checked(head, have))
		return AS_CALLER;
	if (rights[head->opcode] == AS_READER)
		return mirror.made_when_read ? AS_CALLER : AS_SELF;
	return rights[head->opcode];
}

/* The capabilities that count of a caller that does not wait: by now it may be another program. */
static uint64_t caps_unattended(uint32_t opcode)
{
	switch (opcode) {
	case FUSE_READ:
		return 0;
	case FUSE_WRITE:
		return WRITE_CAPS;
	default:
		return ~0ULL;	/* such a caller always waits */
	}
}

/* A store to a mapping clears no set-id bits, and its page goes below as it would in a page cache there. */
static int creds_be_opener(const struct opener *opener)
{
	const struct identity id = {
		.uid = opener->uid,
		.gid = opener->gid,
		.caps = opener->caps | CAP(CAP_FSETID),
	};

	return become(&id);
}

int creds_begin(const struct fuse_in_header *head, size_t have)
{
	const struct fuse_write_in *back = written_back(head, have);
	mode_t mask = mask_of(head, have);
	int err;

	request = *head;
	if (mask != me.mask) {
		umask(mask);
		me.mask = mask;
	}
	if (rights_of(head, have) == AS_SELF)
		return creds_be_self();
	if (back)
		return creds_be_opener(file_opener(back->fh));
	err = caller_read(head, &caller);
	if (!(head->padding & EXTFUSE_HEADER_WAITS))
		caller.caps &= caps_unattended(head->opcode);
	return err ? err : become(&caller);
}

uint32_t creds_user(const struct fuse_in_header *head, size_t have)
{
	const struct fuse_write_in *back = written_back(head, have);

	if (back)
		return file_opener(back->fh)->uid;
	return head->uid == NO_ID ? caller_user(head) : head->uid;
}

bool creds_writes_back(const struct fuse_in_header *head, size_t have)
{
	return written_back(head, have);
}

struct opener creds_opener(void)
{
	return (struct opener){ .uid = caller.uid, .gid = caller.gid, .caps = caller.caps };
}

const struct fuse_in_header *creds_request(void)
{
	return &request;
}

bool creds_asks_for_kill(void)
{
	return request.padding & EXTFUSE_HEADER_KILL;
}

int creds_thread_init(void)
{
	if (unshare(CLONE_FS))
		return -errno;
	umask(0);
	me.mask = 0;
	return creds_be_self();
}

int creds_init(void)
{
	int err = caps_get(&own_caps);

	if (!err)
		caller_init();
	return err;
}
