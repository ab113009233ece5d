// SPDX-License-Identifier: GPL-2.0-only
/*
 * The context of a program: what of context.h is not for every request, and
 * fuse_to_extfuse_req() as a function to call.
 */
#include "fuse_i.h"
#include "context.h"
#include "opcode.h"
#include "run.h"
#include "passthrough/below.h"
#include <linux/random.h>

static siphash_key_t who_key __read_mostly;

/*
 * extfuse_creds_translate - the caller as the daemon would see it
 *
 * False: fuse itself must refuse the request.
 */
bool extfuse_creds_translate(struct extfuse_req *req, const struct fuse_mount *fm,
			     const struct fuse_args *args, bool idmapped)
{
	const struct fuse_conn *fc = fm->fc;
	kuid_t uid = current_fsuid();
	kgid_t gid = current_fsgid();

	if (idmapped) {
		uid = extfuse_mapped_fsuid(fm, args);
		gid = extfuse_mapped_fsgid(fm, args);
	}
	req->pid = pid_nr_ns(task_pid(current), fc->pid_ns);
	req->uid = from_kuid(fc->user_ns, uid);
	req->gid = from_kgid(fc->user_ns, gid);
	if (req->uid != (uid_t)-1 && req->gid != (gid_t)-1)
		return true;
	/* Where idmapped mounts are allowed the daemon is told that there is no such id. */
	if (!args->force)
		return idmapped;
	req->uid = from_kuid_munged(fc->user_ns, current_fsuid());
	req->gid = from_kgid_munged(fc->user_ns, current_fsgid());
	return true;
}

/* Capabilities that decide about files: extfuse_req.who tells callers apart by them. */
static const int who_caps[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID,
	CAP_LINUX_IMMUTABLE, CAP_MKNOD, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_MAC_OVERRIDE,
};

static kernel_cap_t who_mask __ro_after_init;

/* A security module may veto one when it is asked about, so each is. */
static kernel_cap_t who_caps_elsewhere(struct user_namespace *ns)
{
	kernel_cap_t caps = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(who_caps); i++) {
		if (ns_capable_noaudit(ns, who_caps[i]))
			cap_raise(caps, who_caps[i]);
	}
	return caps;
}

/* What counts of the capabilities.  Where the caller is of the mount's own user namespace they are at hand. */
static u64 who_caps_in(struct user_namespace *ns)
{
	const struct cred *cred = current_cred();
	kernel_cap_t caps;
	u64 bits;

	BUILD_BUG_ON(sizeof(bits) != sizeof(caps));
	if (likely(cred->user_ns == ns))
		caps = cap_intersect(cred->cap_effective, who_mask);
	else
		caps = who_caps_elsewhere(ns);
	memcpy(&bits, &caps, sizeof(bits));
	return bits;
}

/* extfuse_who - the caller as a number: ids, groups and capabilities; never 0 */
u64 extfuse_who(const struct fuse_conn *fc)
{
	const struct group_info *groups = current_cred()->group_info;
	u64 ids, who = 0;

	ids = (u64)__kuid_val(current_fsuid()) << 32 | __kgid_val(current_fsgid());
	if (groups->ngroups)
		who = siphash(groups->gid, groups->ngroups * sizeof(groups->gid[0]), &who_key);
	who = siphash_3u64(ids, who_caps_in(fc->user_ns), who, &who_key);
	return who ?: 1;
}

static bool request_has_names(u32 opcode)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(opcode);

	/* That of TMPFILE is nowhere. */
	if (opcode == FUSE_TMPFILE)
		return false;
	return opcode == FUSE_LOOKUP || op->name || op->flags & EXTFUSE_OP_DIR_REPLY;
}

/* extfuse_folds_warn - says, once, why a policy refuses what it does not cover */
void extfuse_folds_warn(struct extfuse_conn *xc, const struct fuse_conn *fc)
{
	if (!xchg(&xc->folds_logged, true))
		pr_info("connection %u: directories below fold case, or have several names for a file, and what a file's own name is cannot be told: an extension that goes by names, such as 'hide', refuses them there (EACCES); mount a tree that does not, or without the extension if nothing is to be hidden there\n",
			fc->dev);
}

/* extfuse_policy_flags - what only policies are told, for it costs a look at the directory below */
u32 extfuse_policy_flags(const struct extfuse_run *run)
{
	struct extfuse_args *ext = &run->args->ext;

	if (!request_has_names(run->args->opcode) || ext->names == EXTFUSE_NAMES_OWN ||
	    !extfuse_names_fold(run->xc, run->args))
		return 0;
	if (ext->inode && extfuse_low(ext->inode)) {
		ext->names = EXTFUSE_NAMES_FOLD;
		return EXTFUSE_F_FOLDS | EXTFUSE_F_AGAIN;
	}
	extfuse_folds_warn(run->xc, run->fm->fc);
	return EXTFUSE_F_FOLDS;
}

/* extfuse_links_flag - a number of links that a change has made doubtful counts as several */
u32 extfuse_links_flag(const struct inode *inode)
{
	if (!inode)
		return EXTFUSE_F_LINKS;
	if (S_ISDIR(inode->i_mode))
		return 0;
	if (READ_ONCE(get_fuse_inode((struct inode *)inode)->inval_mask) & STATX_NLINK)
		return EXTFUSE_F_LINKS;
	return inode->i_nlink > 1 ? EXTFUSE_F_LINKS : 0;
}

bool fuse_to_extfuse_req(struct extfuse_run *run, u8 phase, bool background)
{
	return extfuse_context_fill(run, phase, background);
}

void extfuse_context_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(who_caps); i++)
		cap_raise(who_mask, who_caps[i]);
	get_random_bytes(&who_key, sizeof(who_key));
}
