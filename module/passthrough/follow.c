// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flags of an opened file that a backing file follows: fcntl() and a remount may switch
 * them at any time.
 */
#include "fuse_i.h"
#include "passthrough/handle.h"
#include <linux/file.h>
#include <linux/mount.h>

/*
 * extfuse_atime_flag - O_NOATIME, where reading may not move the time of reading
 *
 * Only the mount that the caller goes through knows.
 */
int extfuse_atime_flag(const struct file *user)
{
	const struct vfsmount *mnt = user->f_path.mnt;
	int flags = READ_ONCE(mnt->mnt_flags);

	if (flags & (MNT_NOATIME | MNT_READONLY) || sb_rdonly(mnt->mnt_sb))
		return O_NOATIME;
	if (flags & MNT_NODIRATIME && S_ISDIR(file_inode(user)->i_mode))
		return O_NOATIME;
	return user->f_flags & O_NOATIME;
}

/* extfuse_flags_follow - fcntl() or a remount may have switched what the backing file was opened with */
void extfuse_flags_follow(struct fuse_file *ff, const struct file *user)
{
	struct file *file = fuse_file_passthrough(ff);
	int flags = (user->f_flags & O_DIRECT) | extfuse_atime_flag(user);

	if (likely(!((flags ^ file->f_flags) & (O_DIRECT | O_NOATIME))) || !ff->ext.is_ours)
		return;
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~(O_DIRECT | O_NOATIME)) | flags;
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
}
