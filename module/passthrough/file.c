// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of what is done to an opened file beside reading, writing and
 * mapping it (which never become requests): all on the backing file.
 */
#include "fuse_i.h"
#include "passthrough/pass.h"
#include "compat/statx.h"
#include "compat/vfs.h"
#include <linux/compat.h>
#include <linux/falloc.h>
#include <linux/security.h>

static struct file *backing_file_of(const struct extfuse_pass *pass)
{
	return fuse_file_passthrough(pass->ff);
}

/* Some file systems report failed writes at close only. */
ssize_t extfuse_pass_flush(struct extfuse_pass *pass)
{
	struct file *file = backing_file_of(pass);

	return file->f_op->flush ? file->f_op->flush(file, current->files) : 0;
}

ssize_t extfuse_pass_fsync(struct extfuse_pass *pass)
{
	const struct fuse_fsync_in *in = extfuse_in(pass->args, 0)->value;

	return vfs_fsync(backing_file_of(pass), in->fsync_flags & FUSE_FSYNC_FDATASYNC);
}

ssize_t extfuse_pass_lseek(struct extfuse_pass *pass)
{
	const struct fuse_lseek_in *in = extfuse_in(pass->args, 0)->value;
	struct fuse_lseek_out *out = pass->args->out_args[0].value;
	loff_t pos;

	pos = vfs_llseek(backing_file_of(pass), in->offset, in->whence);
	if (pos < 0)
		return pos;
	out->offset = pos;
	return 0;
}

ssize_t extfuse_pass_fallocate(struct extfuse_pass *pass)
{
	const struct fuse_fallocate_in *in = extfuse_in(pass->args, 0)->value;
	int err;

	err = vfs_fallocate(backing_file_of(pass), in->mode, in->offset, in->length);
	/* A range that was inserted or collapsed moves it in ways that fuse does not know. */
	if (!err)
		extfuse_size_take(pass->inode, d_inode(pass->path.dentry));
	return err;
}

static void copied_answer(const struct extfuse_pass *pass, size_t copied)
{
	struct fuse_write_out *out = pass->args->out_args[0].value;

	if (pass->args->opcode == FUSE_COPY_FILE_RANGE_64) {
		*(u64 *)pass->args->out_args[0].value = copied;
		return;
	}
	out->size = copied;
	out->padding = 0;
}

ssize_t extfuse_pass_copy_file_range(struct extfuse_pass *pass)
{
	const struct fuse_copy_file_range_in *in = extfuse_in(pass->args, 0)->value;
	struct fuse_file *to = pass->args->ext.ours_target;
	/* What the old answer can say. */
	size_t len = min_t(u64, in->len, U32_MAX & PAGE_MASK);
	ssize_t ret;

	/* One of them is the daemon's: the VFS copies it then. */
	if (!to)
		return -EXDEV;
	/* As with O_APPEND. */
	if (extfuse_must_append(to))
		return -EBADF;
	ret = vfs_copy_file_range(backing_file_of(pass), in->off_in, fuse_file_passthrough(to),
				  in->off_out, len, in->flags);
	if (ret < 0)
		return ret;
	copied_answer(pass, ret);
	return 0;
}

/* Call site: advice is about pages, which the backing file has. */
int extfuse_fadvise(struct file *file, loff_t offset, loff_t len, int advice)
{
	struct fuse_file *ff = file->private_data;
	const struct cred *old;
	int err;

	if (!ff->ext.is_ours)
		return generic_fadvise(file, offset, len, advice);
	old = override_creds(extfuse_handle_cred(ff));
	err = vfs_fadvise(fuse_file_passthrough(ff), offset, len, advice);
	revert_creds(old);
	return err;
}

/*
 * Call site: nobody gets a delegation of a file that others may change below, where it
 * would not be broken: an NFS client that has one keeps old data, and writes it back.
 */
int extfuse_setlease(struct file *file, EXTFUSE_LEASE_TYPE type, struct file_lease **lease, void **priv)
{
	const struct fuse_file *ff = file->private_data;

	if (type != F_UNLCK && extfuse_lease_is_delegation(*lease) &&
	    (ff->ext.is_ours || extfuse_low(file_inode(file))))
		return -EAGAIN;
	return generic_setlease(file, type, lease, priv);
}

static bool ioctl_only_reads(unsigned int cmd)
{
	return cmd == FS_IOC_GETVERSION || cmd == FS_IOC32_GETVERSION || cmd == FS_IOC_GETFSLABEL;
}

/*
 * What changes something below asks the mount there, and the one that it came
 * through may be read-only where that is not.
 */
static int ioctl_check(const struct fuse_args *args, struct file *file,
		       const struct fuse_ioctl_in *in)
{
	if (!ioctl_only_reads(in->cmd) && __mnt_is_readonly(args->ext.file->f_path.mnt))
		return -EROFS;
	return security_file_ioctl(file, in->cmd, in->arg);
}

static long backing_ioctl(struct file *file, const struct fuse_ioctl_in *in)
{
	const struct file_operations *fop = file->f_op;
	long ret = -ENOIOCTLCMD;

	if (!(in->flags & FUSE_IOCTL_COMPAT) && fop->unlocked_ioctl)
		ret = fop->unlocked_ioctl(file, in->cmd, in->arg);
#ifdef CONFIG_COMPAT
	if (in->flags & FUSE_IOCTL_COMPAT && fop->compat_ioctl)
		ret = fop->compat_ioctl(file, in->cmd, in->arg);
#endif
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

/* The argument is the caller's pointer, so nothing is left to be copied. */
ssize_t extfuse_pass_ioctl(struct extfuse_pass *pass)
{
	const struct fuse_ioctl_in *in = extfuse_in(pass->args, 0)->value;
	struct fuse_args *args = pass->args;
	struct fuse_ioctl_out *out = args->out_args[0].value;
	long ret;

	memset(out, 0, sizeof(*out));
	if (!args->out_pages) {
		out->result = extfuse_pass_flags(pass);
		return 0;
	}
	ret = ioctl_check(args, backing_file_of(pass), in);
	if (!ret)
		ret = backing_ioctl(backing_file_of(pass), in);
	out->result = ret;
	args->out_args[args->out_numargs - 1].size = 0;
	return 0;
}
