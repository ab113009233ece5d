// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of extended attributes.  The fork's VFS has asked for the right
 * to each name (trusted.* is the administrator's, user.* goes by the mode); so
 * values are read with the rights of who gave the object.  A list is made with
 * the caller's own: file systems leave out of it what he may not see.
 *
 * A POSIX ACL names users: where ids are mapped on its way the daemon, who
 * knows them, does it.
 */
#include "fuse_i.h"
#include "passthrough.h"
#include "compat/vfs.h"

static bool acl_is_mapped(const struct extfuse_pass *pass)
{
	return pass->fm->fc->user_ns != &init_user_ns || is_idmapped_mnt(pass->path.mnt);
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

ssize_t extfuse_pass_getxattr(struct extfuse_pass *pass)
{
	const struct fuse_getxattr_in *in = extfuse_in(pass->args, 0)->value;
	const char *name = extfuse_in(pass->args, 1)->value;
	void *value = in->size ? pass->args->out_args[0].value : NULL;
	bool acl = extfuse_xattr_is_acl(name);
	const struct cred *old;
	ssize_t ret;

	if (acl && acl_is_mapped(pass))
		return EXTFUSE_UPCALL;
	old = override_creds(pass->cred);
	ret = acl ? extfuse_acl_get(&pass->path, name, value, in->size) :
		    vfs_getxattr(mnt_idmap(pass->path.mnt), pass->path.dentry, name, value,
				 in->size);
	revert_creds(old);
	return value_answer(pass, ret, in->size);
}

ssize_t extfuse_pass_listxattr(struct extfuse_pass *pass)
{
	const struct fuse_getxattr_in *in = extfuse_in(pass->args, 0)->value;
	struct cred *cred = extfuse_pass_cred(pass, false);
	const struct cred *old;
	ssize_t ret;

	if (!cred)
		return -ENOMEM;
	old = override_creds(cred);
	ret = vfs_listxattr(pass->path.dentry, in->size ? pass->args->out_args[0].value : NULL,
			    in->size);
	revert_creds(old);
	put_cred(cred);
	return value_answer(pass, ret, in->size);
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
	const struct cred *old;
	struct cred *cred;
	int err;

	if (extfuse_xattr_is_acl(name) && acl_is_mapped(pass))
		return EXTFUSE_UPCALL;
	cred = extfuse_pass_cred_checked(pass);
	if (!cred)
		return -ENOMEM;
	old = override_creds(cred);
	err = mnt_want_write(pass->path.mnt);
	if (err)
		goto out;
	err = value ? xattr_set(&pass->path, name, value, size, flags) :
		      xattr_remove(&pass->path, name);
	mnt_drop_write(pass->path.mnt);
out:
	revert_creds(old);
	put_cred(cred);
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
