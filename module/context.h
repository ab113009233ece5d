/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context of a program, made of a request's args and its caller.  Inline
 * in the hook, where a call more is felt; everybody else calls
 * fuse_to_extfuse_req().
 */
#ifndef _EXTFUSE_CONTEXT_H
#define _EXTFUSE_CONTEXT_H

#include "run.h"
#include <linux/cred.h>
#include <linux/pid_namespace.h>

bool extfuse_creds_translate(struct extfuse_req *req, const struct fuse_mount *fm,
			     const struct fuse_args *args, bool idmapped);
u64 extfuse_who(const struct fuse_conn *fc);
void extfuse_folds_warn(struct extfuse_conn *xc, const struct fuse_conn *fc);
u32 extfuse_policy_flags(const struct extfuse_run *run);
u32 extfuse_links_flag(const struct inode *inode);
/* As extfuse_context_fill(). */
bool fuse_to_extfuse_req(struct extfuse_run *run, u8 phase, bool background);
void extfuse_context_init(void);

/* Nearly all mounts are of the initial namespaces, where ids need no translation. */
static __always_inline bool creds_fill(struct extfuse_req *req, const struct fuse_mount *fm,
				       const struct fuse_args *args, bool idmapped)
{
	const struct fuse_conn *fc = fm->fc;

	if (unlikely(idmapped || fc->user_ns != &init_user_ns || fc->pid_ns != &init_pid_ns))
		return extfuse_creds_translate(req, fm, args, idmapped);
	req->uid = __kuid_val(current_fsuid());
	req->gid = __kgid_val(current_fsgid());
	req->pid = current->pid;
	return true;
}

/* In the request phase, in the caller's task. */
static __always_inline bool caller_look(struct extfuse_run *run, bool idmapped)
{
	struct extfuse_req *req = &run->req;

	req->who = 0;
	if (req->flags & EXTFUSE_F_NOCREDS) {
		req->uid = 0;
		req->gid = 0;
		req->pid = 0;
		return true;
	}
	if (!creds_fill(req, run->fm, run->args, idmapped))
		return false;
	/* It costs a few hundred instructions: more than many an answer. */
	if (unlikely(run->set->who_ops & BIT_ULL(run->args->opcode)))
		req->who = extfuse_who(run->fm->fc);
	return true;
}

/*
 * The caller.  Kept with the request, before a program can write to the context:
 * in the reply phase of a background request current is not the caller, and
 * for the others it saves looking again.
 */
static __always_inline bool caller_fill(struct extfuse_run *run, bool idmapped)
{
	struct extfuse_args *ext = &run->args->ext;
	struct extfuse_req *req = &run->req;

	if (ext->caller_known) {
		req->uid = ext->uid;
		req->gid = ext->gid;
		req->pid = ext->pid;
		req->who = ext->who;
		return true;
	}
	if (!caller_look(run, idmapped))
		return false;
	ext->uid = req->uid;
	ext->gid = req->gid;
	ext->pid = req->pid;
	ext->who = req->who;
	ext->caller_known = true;
	return true;
}

static __always_inline void sizes_fill(struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;
	struct extfuse_req *req = &run->req;

	req->num_in = extfuse_num_in(args);
	req->num_out = args->out_numargs;
	extfuse_in_sizes(args, req->in_size);
	/* What is not used is zero. */
	run->out_room[0] = req->out_size[0] = args->out_args[0].size;
	run->out_room[1] = req->out_size[1] = args->out_args[1].size;
	run->out_len[0] = 0;
	run->out_len[1] = 0;
}

/*
 * extfuse_context_fill - args into the public context and the private run state
 *
 * Fills each field once; a hit costs little more than this.  False where the
 * caller's ids have no place in the mount's user namespace: then the stock way
 * gives the error.
 */
static __always_inline bool extfuse_context_fill(struct extfuse_run *run, u8 phase,
						 bool background)
{
	const struct fuse_args *args = run->args;
	bool idmapped = extfuse_is_idmapped(run->fm, args);
	struct extfuse_req *req = &run->req;

	BUILD_BUG_ON(sizeof(*run) > 384);
	run->phase = phase;
	run->entry = NULL;
	run->dirent = NULL;
	run->out_written = 0;
	run->nproofs = 0;
	run->proven = 0;
	run->staged = false;
	run->own_entries = false;

	req->flags = args->ext.flags;
	if (background)
		req->flags |= EXTFUSE_F_BACKGROUND;
	if (args->nocreds)
		req->flags |= EXTFUSE_F_NOCREDS;
	if (idmapped)
		req->flags |= EXTFUSE_F_IDMAPPED;
	/* What changes something is marked before anybody is asked about it. */
	if (args->ext.marked)
		req->flags |= EXTFUSE_F_CHANGES;
	if (args->opcode == FUSE_GETXATTR || args->opcode == FUSE_LISTXATTR ||
	    args->opcode == FUSE_ACCESS)
		req->flags |= extfuse_links_flag(args->ext.inode);
	if (unlikely(run->set->flags & EXTFUSE_ATTACH_FAIL_CLOSED))
		req->flags |= extfuse_policy_flags(run);
	if (!caller_fill(run, idmapped))
		return false;
	req->version = EXTFUSE_ABI_VERSION;
	req->opcode = args->opcode;
	req->nodeid = args->nodeid;
	req->phase = phase;
	req->error = 0;
	req->reserved = 0;
	sizes_fill(run);
	run->now = ktime_get_coarse_boottime_ns();
	req->now = run->now;
	req->stamp = args->ext.stamp;
	req->attr_until = 0;
	req->entry_until = 0;
	req->child = req->flags & EXTFUSE_F_REVAL ? get_node_id(args->ext.child[0]) : 0;
	if (phase == EXTFUSE_PHASE_REQUEST)
		memset(req->cookie, 0, sizeof(req->cookie));
	else
		memcpy(req->cookie, args->ext.cookie, sizeof(req->cookie));
	return true;
}

#endif /* _EXTFUSE_CONTEXT_H */
