/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFS below.  A mount's idmap is a type of its own since 6.2, before a user
 * namespace; POSIX ACLs have calls of their own since 6.2, before they are extended
 * attributes; leases have a header of their own since 6.3, and a type since 6.9: the old
 * forms go with line 6.1 of dkms/matrix.  Since 6.17 what inode flags are kept in is a struct file_kattr,
 * and since 7.0 the encoding of an ACL allocates its buffer; the forms before go with the
 * lines 6.12+deb12 and 6.12+deb13.
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

#ifndef HAVE_FILE_KATTR
#define file_kattr	fileattr
#endif

#ifdef HAVE_FILE_LEASE
#define EXTFUSE_LEASE_TYPE	int

static inline bool extfuse_lease_is_delegation(const struct file_lease *lease)
{
	return lease->c.flc_flags & FL_DELEG;
}
#else
#define file_lease		file_lock
#define EXTFUSE_LEASE_TYPE	long

static inline bool extfuse_lease_is_delegation(const struct file_lease *lease)
{
	return lease->fl_flags & FL_DELEG;
}
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
