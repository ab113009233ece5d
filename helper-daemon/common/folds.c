// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may fold case unknown to the kernel, see folds.h.
 */
#include "folds.h"

#include <linux/magic.h>
#include <linux/types.h>
#include <stddef.h>
#include <sys/vfs.h>

/* Not all are in <linux/magic.h>, or in that of each release. */
#define CIFS_MAGIC	0xff534d42
#define SMB2_MAGIC	0xfe534d42
#define VBOXSF_MAGIC	0x786f4256

static const char *type_folds(__u32 type)
{
	switch (type) {
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

const char *folds_how(int dir_fd)
{
	struct statfs st;

	return fstatfs(dir_fd, &st) ? NULL : type_folds(st.f_type);
}
