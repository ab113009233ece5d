/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFS below: a mount's idmap is a user namespace until 6.1 and a type of
 * its own since; leases have a header of their own since 6.3; POSIX ACLs are extended attributes until 6.1 and have calls
 * of their own since, and from 7.0 on their encoding allocates its buffer.
 */
#ifndef _EXTFUSE_COMPAT_VFS_H
#define _EXTFUSE_COMPAT_VFS_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#ifdef HAVE_FILELOCK_H
#include <linux/filelock.h>
#endif

#ifndef HAVE_MNT_IDMAP
#define mnt_idmap(mnt)	mnt_user_ns(mnt)
#endif

static inline bool extfuse_xattr_is_acl(const char *name)
{
	return !strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) ||
	       !strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT);
}

/*
 * As the vfs_*xattr() of the same name, for a name that is an ACL's, encoded
 * with the ids of the initial user namespace as the mount maps them.
 */
ssize_t extfuse_acl_get(const struct path *path, const char *name, void *value, size_t size);
int extfuse_acl_set(const struct path *path, const char *name, const void *value, size_t size,
		    int flags);
int extfuse_acl_remove(const struct path *path, const char *name);

#endif /* _EXTFUSE_COMPAT_VFS_H */
