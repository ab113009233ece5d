// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough: whose rights a request has on the file system below, and what
 * checks them.  The table is the only place that says so: extfuse_pass() takes
 * the credentials from here before it calls the function of an opcode, and
 * SECURITY.md shows the same table (tests/unit/rights compares the two).
 *
 * Nothing is added to what a caller has.  The fork's check comes first, may
 * rest on older knowledge, and never suffices for a change: the check that
 * counts is that of the file system below, under its own lock.
 */
#include "fuse_i.h"
#include "passthrough/callers.h"
#include "passthrough/pass.h"
#include "compat/statx.h"
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

enum whose {
	NOBODYS,	/* the opcode is not passed through */
	CALLERS,	/* ids, groups and capabilities of the caller as they are */
	TASKS,		/* the caller's credentials themselves, with its security label */
	GIVERS,		/* of the opener of /dev/extfuse */
	HANDLES,	/* of the caller that opened the handle, at that time */
	WRITERS,	/* of the caller that writes, not of the opener of the handle */
};

enum checked {
	BELOW = 1,	/* by the file system below, at the moment of the change */
	ABOVE,		/* by the VFS and the fork on what they know: nothing changes */
	AT_OPEN,	/* when the handle was opened */
};

static const struct {
	u8 whose;
	u8 checked;
	bool any_mount;		/* also without default_permissions */
} rights[EXTFUSE_OPCODES] = {
	[FUSE_OPEN]		= { CALLERS, BELOW },
	[FUSE_OPENDIR]		= { CALLERS, BELOW },
	[FUSE_TMPFILE]		= { CALLERS, BELOW },
	[FUSE_ACCESS]		= { CALLERS, BELOW, true },
	[FUSE_SETATTR]		= { CALLERS, BELOW },
	[FUSE_SETXATTR]		= { CALLERS, BELOW },
	[FUSE_REMOVEXATTR]	= { CALLERS, BELOW },
	[FUSE_LISTXATTR]	= { CALLERS, BELOW },
	[FUSE_IOCTL]		= { CALLERS, BELOW },
	[FUSE_LOOKUP]		= { TASKS, BELOW },
	[FUSE_MKNOD]		= { TASKS, BELOW },
	[FUSE_MKDIR]		= { TASKS, BELOW },
	[FUSE_SYMLINK]		= { TASKS, BELOW },
	[FUSE_LINK]		= { TASKS, BELOW },
	[FUSE_UNLINK]		= { TASKS, BELOW },
	[FUSE_RMDIR]		= { TASKS, BELOW },
	[FUSE_RENAME]		= { TASKS, BELOW },
	[FUSE_RENAME2]		= { TASKS, BELOW },
	[FUSE_GETATTR]		= { GIVERS, ABOVE },
	[FUSE_STATX]		= { GIVERS, ABOVE },
	[FUSE_READLINK]		= { GIVERS, ABOVE },
	[FUSE_GETXATTR]		= { GIVERS, ABOVE },
	[FUSE_STATFS]		= { GIVERS, ABOVE, true },
	[FUSE_READDIR]		= { HANDLES, AT_OPEN },
	[FUSE_READDIRPLUS]	= { HANDLES, AT_OPEN },
	[FUSE_LSEEK]		= { HANDLES, AT_OPEN },
	[FUSE_FLUSH]		= { HANDLES, AT_OPEN },
	[FUSE_FSYNC]		= { HANDLES, AT_OPEN },
	[FUSE_FSYNCDIR]		= { HANDLES, AT_OPEN },
	[FUSE_FALLOCATE]	= { WRITERS, AT_OPEN },
	[FUSE_COPY_FILE_RANGE]	= { WRITERS, AT_OPEN },
	[FUSE_COPY_FILE_RANGE_64] = { WRITERS, AT_OPEN },
};

/* Other rights than the opener's that have written on one handle; beyond that: see writer_cred(). */
#define WRITERS_MAX	64

struct extfuse_writer {
	struct extfuse_writer *next;
	const struct cred *from;	/* of the task; NULL: of all that have no place of their own */
	const struct cred *cred;	/* what it has below */
};

/* extfuse_rights_need_check - must the fork have checked the caller (default_permissions)? */
bool extfuse_rights_need_check(u32 opcode)
{
	return !rights[opcode].any_mount;
}

/* Capabilities of another user namespace do not count below. */
static void cred_take_caps(struct cred *cred, const struct cred *caller)
{
	if (caller->user_ns == cred->user_ns)
		cred->cap_effective = caller->cap_effective;
	else
		cap_clear(cred->cap_effective);
	cred->cap_permitted = cred->cap_effective;
	cap_clear(cred->cap_inheritable);
	cap_clear(cred->cap_ambient);
}

/* The giver's keys are not the caller's to use. */
static void cred_take_keys(struct cred *cred, const struct cred *caller)
{
#ifdef CONFIG_KEYS
	key_put(cred->session_keyring);
	cred->session_keyring = key_get(caller->session_keyring);
	key_put(cred->process_keyring);
	cred->process_keyring = key_get(caller->process_keyring);
	key_put(cred->thread_keyring);
	cred->thread_keyring = key_get(caller->thread_keyring);
	key_put(cred->request_key_auth);
	cred->request_key_auth = key_get(caller->request_key_auth);
#endif
}

static void cred_take_ids(const struct fuse_mount *fm, struct mnt_idmap *via, struct cred *cred,
			  const struct cred *caller)
{
	cred->uid = extfuse_via_uid(fm, via, caller->uid);
	cred->euid = extfuse_via_uid(fm, via, caller->euid);
	cred->suid = extfuse_via_uid(fm, via, caller->suid);
	cred->fsuid = extfuse_via_uid(fm, via, caller->fsuid);
	cred->gid = extfuse_via_gid(fm, via, caller->gid);
	cred->egid = extfuse_via_gid(fm, via, caller->egid);
	cred->sgid = extfuse_via_gid(fm, via, caller->sgid);
	cred->fsgid = extfuse_via_gid(fm, via, caller->fsgid);
}

static struct group_info *groups_take(const struct fuse_mount *fm, struct mnt_idmap *via,
				      struct group_info *groups)
{
	struct group_info *mapped;
	int i;

	if (!extfuse_via_maps(fm, via))
		return get_group_info(groups);
	mapped = groups_alloc(groups->ngroups);
	if (!mapped)
		return NULL;
	for (i = 0; i < groups->ngroups; i++)
		mapped->gid[i] = extfuse_via_gid(fm, via, groups->gid[i]);
	groups_sort(mapped);
	return mapped;
}

/*
 * The caller as the file system below sees it: its ids and groups as the mount
 * that the request came through maps them, its capabilities, and the security
 * label of @giver.  NULL: no memory.
 */
static struct cred *caller_cred(const struct fuse_mount *fm, struct mnt_idmap *via,
				const struct cred *caller, const struct cred *giver)
{
	struct group_info *groups;
	const struct cred *old;
	struct cred *cred;

	old = override_creds(giver);
	cred = prepare_creds();
	revert_creds(old);
	if (!cred)
		return NULL;
	groups = groups_take(fm, via, caller->group_info);
	if (!groups) {
		put_cred(cred);
		return NULL;
	}
	put_group_info(cred->group_info);
	cred->group_info = groups;
	cred_take_ids(fm, via, cred, caller);
	cred_take_caps(cred, caller);
	cred_take_keys(cred, caller);
	return cred;
}

static bool groups_same(const struct group_info *a, const struct group_info *b)
{
	return a == b || (a->ngroups == b->ngroups &&
			  !memcmp(a->gid, b->gid, a->ngroups * sizeof(a->gid[0])));
}

static bool rights_same(const struct cred *a, const struct cred *b)
{
	if (likely(a == b))
		return true;
	return uid_eq(a->fsuid, b->fsuid) && gid_eq(a->fsgid, b->fsgid) &&
	       a->user_ns == b->user_ns &&
	       !memcmp(&a->cap_effective, &b->cap_effective, sizeof(a->cap_effective)) &&
	       groups_same(a->group_info, b->group_info);
}

static void writer_free(struct extfuse_writer *writer)
{
	put_cred(writer->from);
	put_cred(writer->cred);
	kfree(writer);
}

static void cred_strip(struct cred *cred)
{
	cap_clear(cred->cap_effective);
	cred->fsuid = INVALID_UID;
	cred->fsgid = INVALID_GID;
}

/* @from: NULL: of no user, and without capabilities. */
static struct extfuse_writer *writer_make(struct fuse_file *ff, const struct cred *from)
{
	struct extfuse_writer *writer = kzalloc(sizeof(*writer), GFP_KERNEL_ACCOUNT);
	struct cred *cred;

	if (!writer)
		return NULL;
	cred = caller_cred(ff->fm, ff->ext.via, current_cred(), extfuse_handle_cred(ff));
	if (!cred) {
		kfree(writer);
		return NULL;
	}
	if (from)
		writer->from = get_cred(from);
	else
		cred_strip(cred);
	writer->cred = cred;
	return writer;
}

/*
 * What was found is good until the handle is released: entries only come.  With
 * more writers than have room one loses what is its own, which data can do
 * without.  No memory: the task is being killed, and writes as it is.
 */
static noinline const struct cred *writer_cred(struct fuse_file *ff)
{
	const struct cred *caller = current_cred();
	struct extfuse_writer *first, *writer;
	const struct cred *stripped = NULL;
	unsigned int n = 0;

	/* Pairs with the cmpxchg below. */
	first = smp_load_acquire(&ff->ext.writers);
	for (writer = first; writer; writer = writer->next, n++) {
		if (!writer->from)
			stripped = writer->cred;
		else if (rights_same(writer->from, caller))
			return writer->cred;
	}
	if (stripped)
		return stripped;
	writer = writer_make(ff, n < WRITERS_MAX ? caller : NULL);
	if (!writer)
		return caller;
	do {
		writer->next = first;
	} while (!try_cmpxchg(&ff->ext.writers, &first, writer));
	return writer->cred;
}

/*
 * extfuse_io_cred - with what rights data is written on a handle
 *
 * Those of the writer: set-id bits go, and reserved blocks are refused, as for
 * it, not as for the opener.
 */
const struct cred *extfuse_io_cred(struct fuse_file *ff)
{
	if (!ff->ext.is_ours || likely(rights_same(ff->ext.opener, current_cred())))
		return extfuse_handle_cred(ff);
	return writer_cred(ff);
}

/* extfuse_rights_opened - @ff is a handle of ours from now on, of this caller and through this mount */
void extfuse_rights_opened(const struct extfuse_pass *pass, struct fuse_file *ff)
{
	ff->ext.opener = get_cred(pass->caller);
	ff->ext.via = pass->args->ext.via;
}

/* extfuse_rights_released - nobody writes on the handle any more */
void extfuse_rights_released(struct fuse_file *ff)
{
	struct extfuse_writer *writer;

	while ((writer = ff->ext.writers)) {
		ff->ext.writers = writer->next;
		writer_free(writer);
	}
	put_cred(ff->ext.opener);
	ff->ext.opener = NULL;
}

/* That of a caller whom no idmapped mount gives other ids is kept. */
static const struct cred *kept_cred(const struct extfuse_pass *pass)
{
	struct mnt_idmap *via = pass->args->ext.via;
	const struct cred *cred;

	if (extfuse_via_maps(pass->fm, via))
		return caller_cred(pass->fm, via, pass->caller, pass->giver);
	cred = extfuse_caller_known(pass->caller, pass->giver);
	if (cred)
		return cred;
	cred = caller_cred(pass->fm, via, pass->caller, pass->giver);
	if (cred)
		extfuse_caller_keep(pass->caller, pass->giver, cred);
	return cred;
}

/* extfuse_rights_are_tasks - those of the task itself, which it has on */
bool extfuse_rights_are_tasks(u32 opcode)
{
	return rights[opcode].whose == TASKS;
}

/*
 * extfuse_rights_get - the credentials that a request is done with, by the table
 * @opcode:	of the request, or of a part of it; not one with the task's own
 *
 * Returns a reference, or NULL: no memory, or not to be passed through.
 */
const struct cred *extfuse_rights_get(const struct extfuse_pass *pass, u32 opcode)
{
	switch (rights[opcode].whose) {
	case CALLERS:
		return kept_cred(pass);
	case GIVERS:
	case HANDLES:
		return get_cred(pass->giver);
	case WRITERS:
		/* What is copied is written on the other handle. */
		return get_cred(extfuse_io_cred(pass->args->ext.ours_target ?: pass->ff));
	}
	return NULL;
}
