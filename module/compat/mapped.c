// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of backing files until 6.8, where a file has one path: what is mapped
 * is opened once more, with the path of the user's file and the inode of the
 * file below, as overlayfs does.  So /proc/PID/maps shows a path that is there,
 * and the mount has a writer for as long as something is mapped for writing.
 *
 * A file system that is handed such a file asks for its own dentry
 * (file_dentry()): extfuse_mapped_real() answers.  So each dentry below that
 * was mapped is held until our inode goes, which the mapping's path holds.
 * From 6.9 on backing files have two paths, and nothing here is needed.
 */
#include "fuse_i.h"

#ifndef HAVE_IOMODE

#include <linux/file.h>
#include <linux/mount.h>
#include <linux/path.h>
#include "compat/iodata.h"

struct extfuse_mapped {
	struct extfuse_mapped *next;
	struct path path;
};

/* With the inode's lock held. */
static struct dentry *find_inode(const struct fuse_inode *fi, const struct inode *inode)
{
	const struct extfuse_mapped *m;

	lockdep_assert_held(&fi->lock);
	for (m = fi->ext_mapped; m; m = m->next) {
		if (d_inode(m->path.dentry) == inode)
			return m->path.dentry;
	}
	return NULL;
}

/* Call site: d_real; @inode is that of a file with a path of ours. */
struct dentry *extfuse_mapped_real(struct dentry *dentry, const struct inode *inode)
{
	struct inode *own = d_inode(dentry);
	struct dentry *real = NULL;

	if (!inode || !own || inode == own)
		return dentry;
	spin_lock(&get_fuse_inode(own)->lock);
	real = find_inode(get_fuse_inode(own), inode);
	spin_unlock(&get_fuse_inode(own)->lock);
	return real ?: dentry;
}

/* Holds @path until @inode goes; a second dentry of the same inode is not needed. */
static int mapped_hold(struct inode *inode, const struct path *path)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	struct extfuse_mapped *m = kmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	bool there;

	if (!m)
		return -ENOMEM;
	m->path = *path;
	spin_lock(&fi->lock);
	there = find_inode(fi, d_inode(path->dentry));
	if (!there) {
		path_get(path);
		m->next = fi->ext_mapped;
		fi->ext_mapped = m;
	}
	spin_unlock(&fi->lock);
	if (there)
		kfree(m);
	return 0;
}

/* Call site: nobody has a path to the inode any more. */
void extfuse_mapped_evict(struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	struct extfuse_mapped *m;

	while ((m = fi->ext_mapped)) {
		fi->ext_mapped = m->next;
		path_put(&m->path);
		kfree(m);
	}
}

/*
 * extfuse_mapped_open - the file that a mapping of @file gets, with a reference
 *
 * Where @file has the path of what is stacked on the mount, that one's file
 * system answers for the dentry, and does not know ours: then it is the backing
 * file itself.
 */
struct file *extfuse_mapped_open(struct file *file, struct fuse_file *ff)
{
	struct inode *inode = file_inode(file);
	struct file *low = ff->passthrough;
	int err;

	if (file->f_path.dentry->d_sb != inode->i_sb ||
	    d_inode(low->f_path.dentry) != file_inode(low))
		return get_file(low);
	err = mapped_hold(inode, &low->f_path);
	if (err)
		return ERR_PTR(err);
	return open_with_fake_path(&file->f_path, low->f_flags, file_inode(low), ff->cred);
}

#endif /* HAVE_IOMODE */
