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
 * Rights: the fork has checked the caller, on what it knows of the node
 * (default_permissions is demanded).  That may be old and never suffices: what is
 * done for a caller is done with the caller's own rights, and the file system
 * below checks them.  rights.c has the table.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "stats.h"
#include "passthrough/backing.h"
#include "passthrough/pass.h"
#include "tree/names.h"
#include "tree/own.h"
#include "tree/tree.h"
#include "compat/statx.h"
#include "compat/vfs.h"

/*
 * extfuse_inode_lock_order - the lock class of a new inode that may be on a backing file; not for directories
 *
 * Freeze protection of the file system below is taken under it, and the lock of
 * a pipe under that (splice() to a file below).  With a file of which all is
 * the daemon's the pipe's lock comes first (iter_file_splice_write()), and it
 * may be on another mount, where nothing is below: to lockdep one class of locks.
 * On a mount with something below no splice waits for it with a pipe locked: splice.c.
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

/* Names: done in a tree only. */
static const extfuse_pass_fn tree_fns[EXTFUSE_OPCODES] = {
	[FUSE_LOOKUP]		= extfuse_pass_lookup,
	[FUSE_MKNOD]		= extfuse_pass_mknod,
	[FUSE_MKDIR]		= extfuse_pass_mkdir,
	[FUSE_TMPFILE]		= extfuse_pass_tmpfile,
	[FUSE_SYMLINK]		= extfuse_pass_symlink,
	[FUSE_LINK]		= extfuse_pass_link,
	[FUSE_UNLINK]		= extfuse_pass_unlink,
	[FUSE_RMDIR]		= extfuse_pass_rmdir,
	[FUSE_RENAME]		= extfuse_pass_rename,
	[FUSE_RENAME2]		= extfuse_pass_rename,
};

/* Done on the backing file of a handle. */
static const extfuse_pass_fn handle_fns[EXTFUSE_OPCODES] = {
	[FUSE_SETATTR]		= extfuse_pass_setattr,	/* of a size */
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

static bool is_open(const struct fuse_args *args)
{
	return extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_OPEN_REPLY;
}

static bool pass_is_allowed(const struct extfuse_pass *pass)
{
	const struct fuse_args *args = pass->args;

	if (args->ext.pass != EXTFUSE_PASS_ASKED || !pass->inode || args->nodeid != get_node_id(pass->inode))
		return false;
	return pass->fm->fc->default_permissions || !extfuse_rights_need_check(args->opcode);
}

static bool object_fits(const struct extfuse_backing *backing, const struct inode *inode)
{
	umode_t mode = d_backing_inode(backing->path.dentry)->i_mode;

	return !((mode ^ inode->i_mode) & S_IFMT) && extfuse_backing_is_of(backing, inode);
}

/* The files that are being opened, or called, say through which mount. */
static void via_take(const struct extfuse_pass *pass)
{
	struct fuse_args *args = pass->args;

	if ((is_open(args) || args->opcode == FUSE_IOCTL) && args->ext.file)
		extfuse_via_set(args, args->ext.file);
}

/* Does it with the rights that the table says. */
static ssize_t pass_do(struct extfuse_pass *pass, extfuse_pass_fn fn)
{
	const struct cred *old;
	ssize_t ret;

	via_take(pass);
	pass->caller = current_cred();
	if (extfuse_rights_are_tasks(pass->args->opcode)) {
		pass->cred = pass->caller;
		return fn(pass);
	}
	pass->cred = extfuse_rights_get(pass, pass->args->opcode);
	if (!pass->cred)
		return -ENOMEM;
	old = override_creds(pass->cred);
	ret = fn(pass);
	revert_creds(old);
	put_cred(pass->cred);
	return ret;
}

/* @lacks: the result where the file system below has no such call; to fuse -ENOSYS would mean "not for this mount, ever". */
static ssize_t pass_at(struct extfuse_pass *pass, extfuse_pass_fn fn, const struct path *path,
		       const struct cred *giver, ssize_t lacks)
{
	struct fuse_conn *fc = pass->fm->fc;
	ssize_t ret = EXTFUSE_NOT_DONE;

	/* Abort and unmount wait for it as for any other. */
	extfuse_waiting_get(fc);
	if (extfuse_conn_is_ready(fc)) {
		pass->path = *path;
		pass->giver = giver;
		ret = pass_do(pass, fn);
		if (ret == -ENOSYS)
			ret = lacks;
	}
	extfuse_waiting_put(fc);
	return ret;
}

static ssize_t pass_on_object(struct extfuse_pass *pass)
{
	extfuse_pass_fn fn = object_fns[pass->args->opcode];
	struct extfuse_backing *backing;
	ssize_t ret = EXTFUSE_NOT_DONE;

	if (!fn || !pass_is_allowed(pass))
		return EXTFUSE_NOT_DONE;
	backing = extfuse_backing_get(pass->xc, pass->args->nodeid);
	if (!backing)
		return EXTFUSE_NOT_DONE;
	if (object_fits(backing, pass->inode))
		ret = pass_at(pass, fn, &backing->path, backing->cred, EXTFUSE_NOT_DONE);
	extfuse_backing_put(backing);
	return ret;
}

/* Names through an idmapped mount are the daemon's: it is told who asks. */
static extfuse_pass_fn tree_fn(const struct extfuse_pass *pass)
{
	u32 opcode = pass->args->opcode;

	if (tree_fns[opcode])
		return extfuse_may_idmap(pass->fm) ? NULL : tree_fns[opcode];
	return object_fns[opcode];
}

/* Where the node is was said when it was found. */
static ssize_t pass_in_tree(struct extfuse_pass *pass)
{
	extfuse_pass_fn fn = tree_fn(pass);
	ssize_t ret = EXTFUSE_NOT_DONE;
	struct path path;

	if (fn && pass_is_allowed(pass)) {
		path = extfuse_low_path(pass->inode);
		ret = pass_at(pass, fn, &path, extfuse_tree_of(pass->inode)->cred, -EOPNOTSUPP);
	}
	return ret == EXTFUSE_NOT_DONE ? extfuse_own_undone(pass) : ret;
}

static ssize_t pass_on_node(struct extfuse_pass *pass)
{
	if (pass->inode && extfuse_low(pass->inode))
		return pass_in_tree(pass);
	return pass_on_object(pass);
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
	pass->giver = extfuse_handle_cred(pass->ff);
	ret = pass_do(pass, fn);
	return ret == EXTFUSE_NOT_DONE || ret == -ENOSYS ? -EOPNOTSUPP : ret;
}

/*
 * extfuse_pass - does a request on a backing file system, if it is for that
 *
 * Returns its result, or EXTFUSE_NOT_DONE with args as they were.
 */
ssize_t extfuse_pass(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args)
{
	struct extfuse_pass pass = {
		.xc = xc,
		.fm = fm,
		.args = args,
		.inode = args->ext.inode,
		.ff = args->ext.ours,
	};
	ssize_t ret;

	/* Neither table has a place for the opcodes of the future. */
	if (args->opcode >= EXTFUSE_OPCODES)
		return EXTFUSE_NOT_DONE;
	ret = pass.ff ? pass_on_handle(&pass) : pass_on_node(&pass);
	args->ext.pass = ret == EXTFUSE_NOT_DONE ? EXTFUSE_PASS_NO : EXTFUSE_PASS_DONE;
	if (ret == EXTFUSE_NOT_DONE)
		return ret;
	if (!args->ext.refused)
		extfuse_count(xc, args->opcode, passed);
	args->ext.replied = true;
	return ret;
}
