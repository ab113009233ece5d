// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX ACLs of the VFS below, see vfs.h.
 */
#include "vfs.h"
#include <linux/slab.h>
#include <linux/user_namespace.h>

#ifdef HAVE_VFS_ACL

#ifdef HAVE_ACL_TO_XATTR_ALLOC
static ssize_t acl_encode(const struct posix_acl *acl, void *value, size_t size)
{
	size_t len;
	void *buf;

	buf = posix_acl_to_xattr(&init_user_ns, acl, &len, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (size && len <= size)
		memcpy(value, buf, len);
	kfree(buf);
	return size && len > size ? -ERANGE : len;
}
#else
static ssize_t acl_encode(const struct posix_acl *acl, void *value, size_t size)
{
	return posix_acl_to_xattr(&init_user_ns, acl, size ? value : NULL, size);
}
#endif

/* The ids in @value, which is @acl encoded, as the mount maps them. */
static void acl_map(const struct path *path, const struct posix_acl *acl, void *value)
{
	struct posix_acl_xattr_entry *entry = (void *)((struct posix_acl_xattr_header *)value + 1);
	struct user_namespace *ns = i_user_ns(d_inode(path->dentry));
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	const struct posix_acl_entry *e = acl->a_entries;
	unsigned int i;

	for (i = 0; i < acl->a_count; i++) {
		vfsuid_t uid = make_vfsuid(idmap, ns, e[i].e_uid);
		vfsgid_t gid = make_vfsgid(idmap, ns, e[i].e_gid);

		if (e[i].e_tag == ACL_USER)
			entry[i].e_id = cpu_to_le32(__vfsuid_val(uid));
		else if (e[i].e_tag == ACL_GROUP)
			entry[i].e_id = cpu_to_le32(__vfsgid_val(gid));
	}
}

ssize_t extfuse_acl_get(const struct path *path, const char *name, void *value, size_t size)
{
	struct posix_acl *acl = vfs_get_acl(mnt_idmap(path->mnt), path->dentry, name);
	ssize_t ret;

	if (IS_ERR_OR_NULL(acl))
		return acl ? PTR_ERR(acl) : -ENODATA;
	ret = acl_encode(acl, value, size);
	/* vfs_set_acl() maps, and this does not. */
	if (ret > 0 && size && is_idmapped_mnt(path->mnt))
		acl_map(path, acl, value);
	posix_acl_release(acl);
	return ret;
}

int extfuse_acl_set(const struct path *path, const char *name, const void *value, size_t size,
		    int flags)
{
	struct posix_acl *acl = posix_acl_from_xattr(&init_user_ns, value, size);
	int err;

	if (IS_ERR(acl))
		return PTR_ERR(acl);
	err = vfs_set_acl(mnt_idmap(path->mnt), path->dentry, name, acl);
	posix_acl_release(acl);
	return err;
}

int extfuse_acl_remove(const struct path *path, const char *name)
{
	return vfs_remove_acl(mnt_idmap(path->mnt), path->dentry, name);
}

#else /* !HAVE_VFS_ACL */

/* 6.1 maps ids only where the room for an ACL ends as one does: a head of 4, entries of 8 bytes. */
static size_t acl_room(size_t size)
{
	return size < 4 ? size : size - (size - 4) % 8;
}

ssize_t extfuse_acl_get(const struct path *path, const char *name, void *value, size_t size)
{
	return vfs_getxattr(mnt_idmap(path->mnt), path->dentry, name, value, acl_room(size));
}

int extfuse_acl_set(const struct path *path, const char *name, const void *value, size_t size,
		    int flags)
{
	return vfs_setxattr(mnt_idmap(path->mnt), path->dentry, name, value, size, flags);
}

int extfuse_acl_remove(const struct path *path, const char *name)
{
	return vfs_removexattr(mnt_idmap(path->mnt), path->dentry, name);
}

#endif /* HAVE_VFS_ACL */
