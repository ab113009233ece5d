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
static bool creds_fill(struct extfuse_req *req, const struct fuse_mount *fm,
		       const struct fuse_args *args)
{
	const struct fuse_conn *fc = fm->fc;
	kuid_t uid;
	kgid_t gid;

	req->uid = 0;
	req->gid = 0;
	req->pid = 0;
	if (args->nocreds)
		return true;
	req->pid = pid_nr_ns(task_pid(current), fc->pid_ns);
	uid = extfuse_fsuid(fm, args);
	gid = extfuse_fsgid(fm, args);
	if (likely(fc->user_ns == &init_user_ns)) {
		req->uid = __kuid_val(uid);
		req->gid = __kgid_val(gid);
	} else {
		req->uid = from_kuid(fc->user_ns, uid);
		req->gid = from_kgid(fc->user_ns, gid);
	}
	if (likely(req->uid != (uid_t)-1 && req->gid != (gid_t)-1))
		return true;
	/* Where idmapped mounts are allowed the daemon is told that there is no such id. */
	if (!args->force)
		return extfuse_is_idmapped(fm, args);
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

/*
 * Who calls.  Kept with the request: in the reply phase of a background request
 * current is not the caller, and for the others it saves looking again.
 */
static bool caller_fill(struct extfuse_run *run)
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
	if (!creds_fill(req, run->fm, run->args))
		return false;
	req->who = 0;
	if (run->set->flags & EXTFUSE_ATTACH_WHO && !run->args->nocreds)
		req->who = who_compute(run->fm->fc);
	ext->uid = req->uid;
	ext->gid = req->gid;
	ext->pid = req->pid;
	ext->who = req->who;
	ext->caller_known = true;
	return true;
}

static void sizes_fill(struct extfuse_run *run)
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
 * fuse_to_extfuse_req - args into the public context and the private run state
 *
 * Fills each field once; a hit costs little more than this.  False where the
 * caller's ids have no place in the mount's user namespace: then the stock way
 * gives the error.
 */
bool fuse_to_extfuse_req(struct extfuse_run *run, u8 phase, bool background)
{
	const struct fuse_args *args = run->args;
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

	if (!caller_fill(run))
		return false;
	req->version = EXTFUSE_ABI_VERSION;
	req->opcode = args->opcode;
	req->nodeid = args->nodeid;
	req->phase = phase;
	req->flags = args->ext.flags;
	if (background)
		req->flags |= EXTFUSE_F_BACKGROUND;
	if (args->nocreds)
		req->flags |= EXTFUSE_F_NOCREDS;
	if (extfuse_is_idmapped(run->fm, args))
		req->flags |= EXTFUSE_F_IDMAPPED;
	/* What changes something is marked before anybody is asked about it. */
	if (args->ext.marked)
		req->flags |= EXTFUSE_F_CHANGES;
	req->error = 0;
	req->reserved = 0;
	sizes_fill(run);
	req->now = ktime_get_coarse_boottime_ns();
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

void extfuse_context_init(void)
{
	get_random_bytes(&who_key, sizeof(who_key));
}
