// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inode flags and what project quotas keep (chattr(1), lsattr(1)): the kernel asks for
 * them by IOCTLs of its own, on a handle that it opens for that.
 */
#include "fuse_i.h"
#include "passthrough/pass.h"
#include "compat/vfs.h"
#include <linux/fileattr.h>
#include <linux/fs.h>
#include <linux/security.h>

static void xattr_to_kattr(struct file_kattr *fa, const struct fsxattr *xfa)
{
	fileattr_fill_xflags(fa, xfa->fsx_xflags);
	fa->fsx_extsize = xfa->fsx_extsize;
	fa->fsx_projid = xfa->fsx_projid;
	fa->fsx_cowextsize = xfa->fsx_cowextsize;
}

static void kattr_to_xattr(struct fsxattr *xfa, const struct file_kattr *fa)
{
	memset(xfa, 0, sizeof(*xfa));
	xfa->fsx_xflags = fa->fsx_xflags;
	xfa->fsx_extsize = fa->fsx_extsize;
	xfa->fsx_nextents = fa->fsx_nextents;
	xfa->fsx_projid = fa->fsx_projid;
	xfa->fsx_cowextsize = fa->fsx_cowextsize;
}

static int flags_get(const struct extfuse_pass *pass, unsigned int cmd, void *out)
{
	struct file_kattr fa = { .flags_valid = cmd == FS_IOC_GETFLAGS, .fsx_valid = cmd == FS_IOC_FSGETXATTR };
	int err;

	err = vfs_fileattr_get(pass->path.dentry, &fa);
	if (err)
		return err;
	/* The file system has filled in both. */
	if (cmd == FS_IOC_GETFLAGS)
		*(u32 *)out = fa.flags;
	else
		kattr_to_xattr(out, &fa);
	return 0;
}

static int flags_set(const struct extfuse_pass *pass, unsigned int cmd, const void *in)
{
	struct file_kattr fa = {};
	int err;

	if (cmd == FS_IOC_SETFLAGS)
		fileattr_fill_flags(&fa, *(const u32 *)in);
	else
		xattr_to_kattr(&fa, in);
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	err = vfs_fileattr_set(mnt_idmap(pass->path.mnt), pass->path.dentry, &fa);
	mnt_drop_write(pass->path.mnt);
	return err;
}

/* extfuse_pass_flags - an IOCTL that the kernel makes itself; returns what it gives to who asked */
int extfuse_pass_flags(const struct extfuse_pass *pass)
{
	const struct fuse_ioctl_in *in = extfuse_in(pass->args, 0)->value;
	int err;

	err = security_file_ioctl(fuse_file_passthrough(pass->ff), in->cmd, 0);
	if (err)
		return err;
	switch (in->cmd) {
	case FS_IOC_GETFLAGS:
	case FS_IOC_FSGETXATTR:
		err = flags_get(pass, in->cmd, pass->args->out_args[1].value);
		break;
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSSETXATTR:
		err = flags_set(pass, in->cmd, extfuse_in(pass->args, 1)->value);
		break;
	default:
		err = -ENOTTY;
	}
	return err == -ENOIOCTLCMD ? -ENOTTY : err;
}
