// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of extended attributes.  The VFS has asked for the right to read
 * a name (trusted.* is the administrator's, user.* goes by the mode, system.* is
 * everybody's), so values are read with the giver's rights.  A list is made with
 * the caller's: file systems leave out of it what the caller may not see.
 *
 * What is set or removed is checked below with the caller's rights, names and
 * ACLs alike: until 6.1 the VFS above checks nothing for system.* unless the
 * daemon has asked for FUSE_POSIX_ACL.
 */
#include "fuse_i.h"
#include "passthrough/pass.h"
#include "tree/tree.h"
#include "compat/vfs.h"

/* An ACL names users, here in the words of another user namespace: only the daemon is in that. */
static bool acl_is_foreign(const struct extfuse_pass *pass, const char *name)
{
	return extfuse_xattr_is_acl(name) && pass->fm->fc->user_ns != &init_user_ns;
}

/* Size 0 asks for the size; then output 0 says it, else it is the value. */
static ssize_t value_answer(struct extfuse_pass *pass, ssize_t ret, u32 room)
{
	struct fuse_args *args = pass->args;
	struct fuse_getxattr_out *out = args->out_args[0].value;

	if (ret < 0)
		return ret;
	if (room) {
		args->out_args[0].size = ret;
		return ret;
	}
	memset(out, 0, sizeof(*out));
	out->size = ret;
	return 0;
}

/*
 * A file system without ACLs says so.  Where rights are checked here, with no tree, that
 * must be that there is no ACL, or nobody would have the rights that the mode gives.
 */
static ssize_t acl_get(const struct extfuse_pass *pass, const char *name, void *value, size_t size)
{
	ssize_t ret = extfuse_acl_get(&pass->path, name, value, size);

	return ret == -EOPNOTSUPP && !extfuse_low(pass->inode) ? -ENODATA : ret;
}

ssize_t extfuse_pass_getxattr(struct extfuse_pass *pass)
{
	const struct fuse_getxattr_in *in = extfuse_in(pass->args, 0)->value;
	const char *name = extfuse_in(pass->args, 1)->value;
	void *value = in->size ? pass->args->out_args[0].value : NULL;
	ssize_t ret;

	if (acl_is_foreign(pass, name))
		return EXTFUSE_NOT_DONE;
	ret = extfuse_xattr_is_acl(name) ?
	      acl_get(pass, name, value, in->size) :
	      vfs_getxattr(mnt_idmap(pass->path.mnt), pass->path.dentry, name, value, in->size);
	return value_answer(pass, ret, in->size);
}

ssize_t extfuse_pass_listxattr(struct extfuse_pass *pass)
{
	const struct fuse_getxattr_in *in = extfuse_in(pass->args, 0)->value;
	void *list = in->size ? pass->args->out_args[0].value : NULL;

	return value_answer(pass, vfs_listxattr(pass->path.dentry, list, in->size), in->size);
}

static int xattr_set(const struct path *path, const char *name, const void *value, size_t size,
		     int flags)
{
	if (extfuse_xattr_is_acl(name))
		return extfuse_acl_set(path, name, value, size, flags);
	return vfs_setxattr(mnt_idmap(path->mnt), path->dentry, name, value, size, flags);
}

static int xattr_remove(const struct path *path, const char *name)
{
	if (extfuse_xattr_is_acl(name))
		return extfuse_acl_remove(path, name);
	return vfs_removexattr(mnt_idmap(path->mnt), path->dentry, name);
}

/* @value: NULL removes it. */
static ssize_t xattr_change(struct extfuse_pass *pass, const char *name, const void *value,
			    size_t size, int flags)
{
	int err;

	if (acl_is_foreign(pass, name))
		return EXTFUSE_NOT_DONE;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	err = value ? xattr_set(&pass->path, name, value, size, flags) :
		      xattr_remove(&pass->path, name);
	mnt_drop_write(pass->path.mnt);
	return err;
}

ssize_t extfuse_pass_setxattr(struct extfuse_pass *pass)
{
	const struct fuse_setxattr_in *in = extfuse_in(pass->args, 0)->value;
	const char *name = extfuse_in(pass->args, 1)->value;

	return xattr_change(pass, name, extfuse_in(pass->args, 2)->value, in->size, in->flags);
}

ssize_t extfuse_pass_removexattr(struct extfuse_pass *pass)
{
	return xattr_change(pass, extfuse_in(pass->args, 0)->value, NULL, 0, 0);
}
