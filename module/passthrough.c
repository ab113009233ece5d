// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough: a request is done by the module on the node's backing object
 * (design section 7).  A program asks for it by its verdict; what comes on a
 * handle that was opened like that is done here whatever programs say, for the
 * daemon does not know the handle.
 *
 * It runs after the program has returned, outside of RCU, in the caller's task,
 * with the locks that the call site holds (hook.c); those of the backing file
 * system come inside of them, as with any file system that is stacked on
 * another.  What cannot be done here is an upcall, with args as they were.
 *
 * Who may: the fork has checked the caller, on what it knows of the node
 * (default_permissions is demanded).  The backing file system sees the caller's
 * ids, groups and capabilities with the security label of who gave the object;
 * where the fork has checked on what is still so, the giver's capabilities are
 * added, without those that lift limits of the caller: see extfuse_pass_cred().
 */
#include "fuse_i.h"
#include "backing.h"
#include "passthrough.h"
#include "compat/statx.h"
#include "compat/vfs.h"

/* What the caller himself must have: set-id bits stay, reserved blocks, any file. */
static const int caps_not_added[] = {
	CAP_FSETID, CAP_SYS_RESOURCE, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
};

/*
 * extfuse_inode_lock_order - the lock of a new inode that may lie on a backing file; directories' is another
 *
 * Freeze protection of the file system below is taken under it, and the lock of
 * a pipe under that (splice() to a file below).  With a file of which all is
 * the daemon's the pipe's lock comes first (iter_file_splice_write()), and it
 * may be on another mount, where nothing is below: to lockdep one class of locks.
 * On a mount with something below that is a circle, see SECURITY.md, "Known gaps".
 */
void extfuse_inode_lock_order(struct inode *inode)
{
	static struct lock_class_key key;

	if (inode->i_sb->s_stack_depth && !S_ISDIR(inode->i_mode))
		lockdep_set_class_and_name(&inode->i_rwsem, &key, "extfuse_backed_inode");
}

/* Done on the object of the node. */
static const extfuse_pass_fn object_fns[EXTFUSE_OPCODES] = {
	[FUSE_GETATTR]		= extfuse_pass_getattr,
	[FUSE_STATX]		= extfuse_pass_statx,
	[FUSE_SETATTR]		= extfuse_pass_setattr,
	[FUSE_ACCESS]		= extfuse_pass_access,
	[FUSE_STATFS]		= extfuse_pass_statfs,
	[FUSE_READLINK]		= extfuse_pass_readlink,
	[FUSE_GETXATTR]		= extfuse_pass_getxattr,
	[FUSE_SETXATTR]		= extfuse_pass_setxattr,
	[FUSE_LISTXATTR]	= extfuse_pass_listxattr,
	[FUSE_REMOVEXATTR]	= extfuse_pass_removexattr,
	[FUSE_OPEN]		= extfuse_pass_open,
	[FUSE_OPENDIR]		= extfuse_pass_opendir,
};

/* Done on the backing file of a handle. */
static const extfuse_pass_fn handle_fns[EXTFUSE_OPCODES] = {
	[FUSE_FLUSH]		= extfuse_pass_flush,
	[FUSE_FSYNC]		= extfuse_pass_fsync,
	[FUSE_FSYNCDIR]		= extfuse_pass_fsync,
	[FUSE_LSEEK]		= extfuse_pass_lseek,
	[FUSE_FALLOCATE]	= extfuse_pass_fallocate,
	[FUSE_COPY_FILE_RANGE]	= extfuse_pass_copy_file_range,
	[FUSE_COPY_FILE_RANGE_64] = extfuse_pass_copy_file_range,
	[FUSE_IOCTL]		= extfuse_pass_ioctl,
	[FUSE_READDIR]		= extfuse_pass_readdir,
	[FUSE_READDIRPLUS]	= extfuse_pass_readdir,
};

/* Both are of one user namespace, or the caller's capabilities count for nothing below. */
static kernel_cap_t caller_caps(const struct cred *caller, const struct cred *giver)
{
	kernel_cap_t none;

	if (caller->user_ns == giver->user_ns)
		return caller->cap_effective;
	cap_clear(none);
	return none;
}

static kernel_cap_t added_caps(const struct cred *giver)
{
	kernel_cap_t caps = giver->cap_effective;
	int i;

	for (i = 0; i < ARRAY_SIZE(caps_not_added); i++)
		cap_lower(caps, caps_not_added[i]);
	return caps;
}

/*
 * extfuse_pass_cred - the caller as the backing file system sees him
 * @add:	with the capabilities that the giver of the object adds
 *
 * Ids as the mount that the request came through maps them.  NULL: no memory;
 * otherwise the caller puts it.
 */
struct cred *extfuse_pass_cred(const struct extfuse_pass *pass, bool add)
{
	const struct cred *caller = current_cred(), *old;
	kernel_cap_t caps = caller_caps(caller, pass->cred);
	struct cred *cred;

	old = override_creds(pass->cred);
	cred = prepare_creds();
	revert_creds(old);
	if (!cred)
		return NULL;
	cred->fsuid = caller->fsuid;
	cred->fsgid = caller->fsgid;
	put_group_info(cred->group_info);
	cred->group_info = get_group_info(caller->group_info);
	cred->cap_effective = add ? cap_combine(caps, added_caps(pass->cred)) : caps;
	if (extfuse_cred_map(pass->fm, pass->args, cred)) {
		put_cred(cred);
		return NULL;
	}
	return cred;
}

/* extfuse_pass_is_owner - has @cred made the file below, or was given it? */
bool extfuse_pass_is_owner(const struct extfuse_pass *pass, const struct cred *cred)
{
	vfsuid_t owner = i_uid_into_vfsuid(mnt_idmap(pass->path.mnt), d_inode(pass->path.dentry));

	return vfsuid_eq_kuid(owner, cred->fsuid);
}

/*
 * extfuse_pass_cred_checked - the same, with the giver's capabilities only where
 *			       the fork's check of the caller was of what is so now
 *
 * Somebody may have given the file to another owner on the backing file
 * system; what the old owner may do then is up to that.
 */
struct cred *extfuse_pass_cred_checked(const struct extfuse_pass *pass)
{
	struct cred *cred = extfuse_pass_cred(pass, extfuse_pass_owner_same(pass));

	/* An owner is one without it, and xfs lifts quotas for who has it. */
	if (cred && !cap_raised(caller_caps(current_cred(), pass->cred), CAP_FOWNER) &&
	    extfuse_pass_is_owner(pass, cred))
		cap_lower(cred->cap_effective, CAP_FOWNER);
	return cred;
}

/* What needs no check of the caller before: it is one, or it is of nobody. */
static bool needs_default_permissions(u32 opcode)
{
	return opcode != FUSE_ACCESS && opcode != FUSE_STATFS;
}

static bool pass_is_allowed(const struct extfuse_pass *pass)
{
	const struct fuse_args *args = pass->args;

	if (!args->ext.pass || !pass->inode || args->nodeid != get_node_id(pass->inode))
		return false;
	return pass->fm->fc->default_permissions || !needs_default_permissions(args->opcode);
}

/*
 * Through an idmapped mount the caller has other ids below, and not every
 * request says through which mount it came: there the fork's own check counts,
 * and the daemon does what we could not.
 */
static bool is_for_daemon(const struct extfuse_pass *pass, ssize_t ret)
{
	return (ret == -EACCES || ret == -EPERM) && extfuse_may_idmap(pass->fm);
}

static bool object_fits(const struct extfuse_backing *backing, const struct inode *inode)
{
	umode_t mode = d_backing_inode(backing->path.dentry)->i_mode;

	if ((mode ^ inode->i_mode) & S_IFMT)
		return false;
	/* No reply has ever told the kernel of the root's. */
	return backing->nodeid == FUSE_ROOT_ID ||
	       (u32)backing->generation == inode->i_generation;
}

static ssize_t pass_on_object(struct extfuse_pass *pass)
{
	extfuse_pass_fn fn = object_fns[pass->args->opcode];
	struct fuse_conn *fc = pass->fm->fc;
	struct extfuse_backing *backing;
	ssize_t ret = EXTFUSE_UPCALL;

	if (!fn || !pass_is_allowed(pass))
		return EXTFUSE_UPCALL;
	backing = extfuse_backing_get(pass->xc, pass->args->nodeid);
	if (!backing)
		return EXTFUSE_UPCALL;
	/* Abort and unmount wait for it as for any other. */
	extfuse_waiting_get(fc);
	if (extfuse_conn_is_ready(fc) && object_fits(backing, pass->inode)) {
		pass->path = backing->path;
		pass->cred = backing->cred;
		ret = fn(pass);
	}
	extfuse_waiting_put(fc);
	extfuse_backing_put(backing);
	return is_for_daemon(pass, ret) ? EXTFUSE_UPCALL : ret;
}

/* The daemon does not know the handle, so this is where the request ends. */
static ssize_t pass_on_handle(struct extfuse_pass *pass)
{
	extfuse_pass_fn fn = handle_fns[pass->args->opcode];
	ssize_t ret;

	/* READ and WRITE do not come here but for a readahead that somebody advises. */
	if (!fn)
		return -EIO;
	pass->path = fuse_file_passthrough(pass->ff)->f_path;
	pass->cred = extfuse_handle_cred(pass->ff);
	ret = fn(pass);
	/* To fuse it would mean "not for this mount, ever". */
	return ret == EXTFUSE_UPCALL ? -EOPNOTSUPP : ret;
}

static bool is_open(const struct fuse_args *args)
{
	return extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_OPEN_REPLY;
}

/*
 * extfuse_pass - does a request on a backing file system, if it is for that
 *
 * Returns its result, or EXTFUSE_UPCALL with args as they were.
 */
ssize_t extfuse_pass(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	struct extfuse_pass pass = {
		.xc = xc,
		.fm = fm,
		.args = args,
		.inode = args->ext.inode,
		.ff = is_open(args) ? NULL : args->ext.ff,
	};
	ssize_t ret;

	/* Neither table has a place for the opcodes of the future. */
	if (args->opcode >= EXTFUSE_OPCODES)
		return EXTFUSE_UPCALL;
	ret = pass.ff ? pass_on_handle(&pass) : pass_on_object(&pass);
	args->ext.pass = ret != EXTFUSE_UPCALL;
	if (!args->ext.pass)
		return ret;
	extfuse_count(xc, args->opcode, passed);
	args->ext.replied = true;
	return ret;
}
