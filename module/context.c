// SPDX-License-Identifier: GPL-2.0-only
/*
 * The context of a program: fuse_to_extfuse_req() makes it of a request's args
 * and of who calls.
 */
#include "fuse_i.h"
#include <linux/cred.h>
#include <linux/random.h>

static siphash_key_t who_key __read_mostly;

/* As the daemon would see them; false: fuse itself must refuse the request. */
static bool creds_fill(struct extfuse_req *req, const struct fuse_conn *fc,
		       const struct fuse_args *args)
{
	req->uid = 0;
	req->gid = 0;
	req->pid = 0;
	if (args->nocreds)
		return true;
	req->uid = from_kuid(fc->user_ns, current_fsuid());
	req->gid = from_kgid(fc->user_ns, current_fsgid());
	req->pid = pid_nr_ns(task_pid(current), fc->pid_ns);
	if (likely(req->uid != (uid_t)-1 && req->gid != (gid_t)-1))
		return true;
	if (!args->force)
		return false;
	req->uid = from_kuid_munged(fc->user_ns, current_fsuid());
	req->gid = from_kgid_munged(fc->user_ns, current_fsgid());
	return true;
}

/* Capabilities that decide about files: the who of two callers differs by them. */
static const int who_caps[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID,
	CAP_LINUX_IMMUTABLE, CAP_MKNOD, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_MAC_OVERRIDE,
};

static u64 who_compute(const struct fuse_conn *fc)
{
	const struct group_info *groups = current_cred()->group_info;
	u64 caps = 0, ids, who;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(who_caps); i++) {
		if (ns_capable_noaudit(fc->user_ns, who_caps[i]))
			caps |= BIT_ULL(i);
	}
	ids = (u64)__kuid_val(current_fsuid()) << 32 | __kgid_val(current_fsgid());
	who = siphash(groups->gid, groups->ngroups * sizeof(groups->gid[0]), &who_key);
	who = siphash_3u64(ids, caps, who, &who_key);
	return who ?: 1;
}

static u32 context_flags(const struct fuse_args *args, bool background)
{
	u32 flags = 0;

	if (background)
		flags |= EXTFUSE_F_BACKGROUND;
	if (args->nocreds)
		flags |= EXTFUSE_F_NOCREDS;
	if (args->ext.flags & EXTFUSE_ARGS_FRESH)
		flags |= EXTFUSE_F_FRESH;
	if (args->ext.flags & EXTFUSE_ARGS_REVAL)
		flags |= EXTFUSE_F_REVAL;
	if (args->ext.flags & EXTFUSE_ARGS_WROTE)
		flags |= EXTFUSE_F_WROTE;
	if (extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_CHANGES)
		flags |= EXTFUSE_F_CHANGES;
	return flags;
}

/*
 * fuse_to_extfuse_req - args into the public context and the private run state
 *
 * False where the caller's ids have no place in the mount's user namespace:
 * then the stock way gives the error.  In the reply phase of a background
 * request current is not the caller: ids come from what the request kept.
 */
bool fuse_to_extfuse_req(struct extfuse_run *run, u8 phase, bool background)
{
	struct fuse_args *args = run->args;
	struct extfuse_req *req = &run->req;
	unsigned int i;

	BUILD_BUG_ON(sizeof(*run) > 384);
	run->phase = phase;
	run->entry = NULL;
	run->dirent = NULL;
	run->out_written = 0;
	run->nproofs = 0;
	run->proven = 0;
	run->staged = false;

	memset(req, 0, sizeof(*req));
	if (phase == EXTFUSE_PHASE_REPLY && background) {
		req->uid = args->ext.uid;
		req->gid = args->ext.gid;
		req->pid = args->ext.pid;
		req->who = args->ext.who;
	} else {
		if (!creds_fill(req, run->fm->fc, args))
			return false;
		if (run->set->flags & EXTFUSE_ATTACH_WHO && !args->nocreds)
			req->who = who_compute(run->fm->fc);
	}
	req->version = EXTFUSE_ABI_VERSION;
	req->opcode = args->opcode;
	req->nodeid = args->nodeid;
	req->phase = phase;
	req->flags = context_flags(args, background);
	req->num_in = extfuse_num_in(args);
	req->num_out = args->out_numargs;
	for (i = 0; i < req->num_in; i++)
		req->in_size[i] = extfuse_in(args, i)->size;
	for (i = 0; i < args->out_numargs; i++) {
		run->out_room[i] = args->out_args[i].size;
		run->out_len[i] = 0;
		req->out_size[i] = args->out_args[i].size;
	}
	req->now = ktime_get_coarse_boottime_ns();
	req->stamp = args->ext.stamp;
	if (args->ext.flags & EXTFUSE_ARGS_REVAL)
		req->child = get_node_id(args->ext.child[0]);
	memcpy(req->cookie, args->ext.cookie, sizeof(req->cookie));
	return true;
}

void extfuse_context_init(void)
{
	get_random_bytes(&who_key, sizeof(who_key));
}
