// SPDX-License-Identifier: GPL-2.0-only
/*
 * Through which mount a request comes, see via.h.
 *
 * Where idmapped mounts are allowed fuse tells the daemon a caller's ids only when
 * something is created.  The daemon of a mirror, which is mounted with allow_idmap, works
 * with the caller's ids, so it needs them for each change.  Most requests say by which mount they come.  Of those
 * that change a name the VFS tells the file system no mount, but just before it
 * has asked for the directory's permission, with the mount's idmap, in the same
 * task and under the directory's lock.
 */
#include "fuse_i.h"

#ifdef HAVE_REQUEST_IDMAP

void extfuse_via_note(struct mnt_idmap *idmap, struct inode *inode, int mask)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (likely(!get_fuse_conn(inode)->ext_tells_ids) || !S_ISDIR(inode->i_mode))
		return;
	/* So the VFS asks for a name to be changed; access(2) says MAY_ACCESS. */
	mask &= MAY_WRITE | MAY_EXEC | MAY_ACCESS | MAY_NOT_BLOCK;
	if (mask != (MAY_WRITE | MAY_EXEC) || !inode_is_locked(inode))
		return;
	spin_lock(&fi->lock);
	fi->ext.via = idmap;
	fi->ext.via_of = current;
	spin_unlock(&fi->lock);
}

/*
 * O_TMPFILE asks without the lock and may have come between: then it is not
 * known, and the daemon does without mapped ids.
 */
static struct mnt_idmap *via_noted(struct inode *dir)
{
	struct fuse_inode *fi = get_fuse_inode(dir);
	struct mnt_idmap *idmap = &invalid_mnt_idmap;

	spin_lock(&fi->lock);
	if (fi->ext.via_of == current)
		idmap = fi->ext.via;
	spin_unlock(&fi->lock);
	return idmap;
}

struct mnt_idmap *extfuse_via(const struct fuse_mount *fm, const struct fuse_args *args)
{
	if (likely(!fm->fc->ext_tells_ids) || args->ext.idmap != &invalid_mnt_idmap)
		return args->ext.idmap;
	if (args->ext.via)
		return args->ext.via;
	switch (args->opcode) {
	case FUSE_UNLINK:
	case FUSE_RMDIR:
	case FUSE_LINK:
	case FUSE_RENAME:
	case FUSE_RENAME2:
		return args->ext.inode ? via_noted(args->ext.inode) : args->ext.idmap;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
	case FUSE_IOCTL:
		return args->ext.file ? file_mnt_idmap(args->ext.file) : args->ext.idmap;
	default:
		return args->ext.idmap;
	}
}

bool extfuse_via_is_mapped(const struct fuse_mount *fm, const struct fuse_args *args)
{
	const struct mnt_idmap *idmap = extfuse_via(fm, args);

	return fm->fc->ext_tells_ids && idmap && idmap != &nop_mnt_idmap && idmap != &invalid_mnt_idmap;
}

#endif
