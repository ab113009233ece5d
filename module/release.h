/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file is closed: what its RELEASE needs to know, and one that no program is asked about
 * (release.c).
 */
#ifndef _EXTFUSE_RELEASE_H
#define _EXTFUSE_RELEASE_H

/* marks.c */
struct dentry *extfuse_release_dentry(const struct fuse_file *ff);

/* Call site: a RELEASE is made, which is sent before @ff is freed. */
static inline void extfuse_release_args(struct fuse_args *args, struct inode *inode, struct fuse_file *ff)
{
	args->ext.inode = inode;
	args->ext.dentry = extfuse_release_dentry(ff);
	args->ext.made = ff;
}

/*
 * Call site: the name of a file that is released, which a daemon may have hidden.
 * Where overlayfs opened the file, f_path has a dentry of overlayfs until 6.7:
 * that is neither a name of ours, nor may it be kept for longer than the file.
 */
static inline struct dentry *extfuse_file_name(const struct file *file)
{
	struct dentry *dentry = file_dentry(file);

	return dentry->d_sb == file_inode(file)->i_sb && !d_is_dir(dentry) ? dentry : NULL;
}

/* Of the handle that an OPEN, or OPENDIR, has made. */
static inline u32 extfuse_release_opcode(const struct fuse_args *opened)
{
	return opened->opcode == FUSE_OPEN ? FUSE_RELEASE : FUSE_RELEASEDIR;
}

int extfuse_release_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args, gfp_t gfp);

#endif /* _EXTFUSE_RELEASE_H */
