// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories that fold case, see folds.h.
 */
#include "folds.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not all are in <linux/magic.h>, or in that of each release. */
#define EXFAT_MAGIC	0x2011bab0
#define HFS_MAGIC	0x4244
#define HFSPLUS_MAGIC	0x482b
#define NTFS_MAGIC	0x5346544e
#define NTFS3_MAGIC	0x7366746e
#define CIFS_MAGIC	0xff534d42
#define SMB2_MAGIC	0xfe534d42
#define VBOXSF_MAGIC	0x786f4256

static const char *type_folds(__u32 type)
{
	switch (type) {
	case MSDOS_SUPER_MAGIC:
	case EXFAT_MAGIC:
	case HFS_MAGIC:
	case HFSPLUS_MAGIC:
	case NTFS_MAGIC:
	case NTFS3_MAGIC:
		return "it folds case, or its file system may";
	case CIFS_MAGIC:
	case SMB2_MAGIC:
	case NFS_SUPER_MAGIC:
	case V9FS_MAGIC:
	case VBOXSF_MAGIC:
		return "its server may fold case, and the kernel is not told";
	case FUSE_SUPER_MAGIC:
		return "its daemon may fold case, and the kernel is not told";
	default:
		return NULL;
	}
}

/* Does the directory itself say so, as those of ext4, f2fs and tmpfs can? */
static int dir_folds(int dir_fd)
{
	char path[64];
	int flags = 0, fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir_fd);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		flags = 0;
	close(fd);
	return flags & FS_CASEFOLD_FL;
}

const char *folds_how(int dir_fd)
{
	const char *how = NULL;
	struct statfs st;

	if (!fstatfs(dir_fd, &st))
		how = type_folds(st.f_type);
	return how || !dir_folds(dir_fd) ? how : "it folds case";
}
