/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data of files on a backing file.  Since 6.9 fuse has that (FUSE_PASSTHROUGH)
 * and says for each inode whether its handles use the page cache or not
 * ("io mode"): then this lets a handle of ours into both.  Until 6.8 all of it
 * is here, in the names that fuse gave it.
 *
 * In either case one rule: as long as an inode has a handle that uses its page
 * cache, none is opened on the backing file; as long as it has one on the
 * backing file, or once such a one was mapped for writing, what the daemon
 * serves is opened as FOPEN_DIRECT_IO.
 */
#ifndef _EXTFUSE_PASSTHROUGH_HANDLE_H
#define _EXTFUSE_PASSTHROUGH_HANDLE_H

#include "compat/vfs.h"
#include <linux/cred.h>

#if defined(HAVE_IOMODE) && !defined(CONFIG_FUSE_PASSTHROUGH)
/* The kernel was built without: there are none. */
#define EXTFUSE_HANDLES	false

static inline const struct cred *extfuse_handle_cred(const struct fuse_file *ff)
{
	return current_cred();
}
#else
#define EXTFUSE_HANDLES	true

static inline const struct cred *extfuse_handle_cred(const struct fuse_file *ff)
{
	return ff->cred;
}
#endif

#ifdef HAVE_IOMODE
static inline int extfuse_iodata_init(void)
{
	return 0;
}

static inline void extfuse_iodata_exit(void)
{
}

bool extfuse_open_direct(struct fuse_inode *fi, struct fuse_file *ff);
int extfuse_cached_io_open(struct inode *inode, struct fuse_file *ff);
#else
struct fuse_backing;
struct pipe_inode_info;

static inline struct file *fuse_file_passthrough(struct fuse_file *ff)
{
	return ff->passthrough;
}

/* Around the life of the module. */
int extfuse_iodata_init(void);
void extfuse_iodata_exit(void);

ssize_t fuse_passthrough_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t fuse_passthrough_write_iter(struct kiocb *iocb, struct iov_iter *iter);
int fuse_passthrough_mmap(struct file *file, struct vm_area_struct *vma);
ssize_t extfuse_splice_write(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			     size_t len, unsigned int flags);
void fuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb);

/* Call site: a file of the daemon's was opened. */
void extfuse_open_finished(struct inode *inode, struct fuse_file *ff);
/* Call site: nothing is under way any more on a file that was released. */
void extfuse_io_release(struct fuse_file *ff, struct inode *inode);
/* Call site: may a file of the daemon's be mapped? */
bool extfuse_inode_is_uncached(struct inode *inode);
#endif

/* Call sites: the backing file is read or written; it is opened for this handle alone. */
void extfuse_flags_follow(struct fuse_file *ff, const struct file *user);
int extfuse_atime_flag(const struct file *user);

/* lock.c: how a write has the inode's lock. */
enum extfuse_write {
	EXTFUSE_WRITE_ALONE,
	EXTFUSE_WRITE_SHARED,
};

int extfuse_write_begin(const struct kiocb *iocb, struct inode *inode, struct fuse_file *ff, size_t count);
void extfuse_write_end(struct inode *inode, struct fuse_file *ff, int how);

/* Call site: how a write is done below, where the mount (-o sync) says nothing. */
static inline int extfuse_write_flags(const struct kiocb *iocb)
{
	return iocb->ki_flags | IOCB_WRITE | (iocb_is_dsync(iocb) ? IOCB_DSYNC : 0);
}

/*
 * Call sites, around a change of data and with the inode's lock alone: the file below
 * loses its set-id bits and capabilities there, under its own lock and for the writer.
 * Here it is not asked for them, nor changed for what is known of it.
 */
static inline void extfuse_nosec_begin(struct inode *inode, struct fuse_file *ff)
{
	if (ff->ext.is_ours)
		inode->i_flags |= S_NOSEC;
}

/* The daemon's handles ask. */
static inline void extfuse_nosec_end(struct inode *inode, struct fuse_file *ff)
{
	if (ff->ext.is_ours)
		inode->i_flags &= ~S_NOSEC;
}

/* Call site: attributes are taken; what is asked for them next, but by those who write side by side. */
static inline unsigned int extfuse_nosec_kept(struct fuse_inode *fi)
{
	return S_ISREG(fi->inode.i_mode) && fi->ext.nosec ? S_NOSEC : 0;
}

/* Call site: lseek() on a directory; see dir.c. */
loff_t extfuse_dir_llseek(struct file *file, loff_t offset, int whence);

/* Call site: posix_fadvise(), readahead(). */
int extfuse_fadvise(struct file *file, loff_t offset, loff_t len, int advice);

/* Call site: fcntl(F_SETLEASE), and an NFS server that gives a delegation. */
int extfuse_setlease(struct file *file, EXTFUSE_LEASE_TYPE type, struct file_lease **lease, void **priv);

/*
 * extfuse_io_start - from now on, until the handle is released, nobody uses the
 *		      page cache of @inode
 * @cred:	of the backing file
 *
 * -EBUSY: somebody does.
 */
int extfuse_io_start(struct inode *inode, struct fuse_file *ff, const struct cred *cred);
void extfuse_io_end(struct inode *inode, struct fuse_file *ff);

/* The handle is on @file from now on, and has both references. */
void extfuse_handle_set(struct fuse_file *ff, struct file *file, const struct cred *cred);

/* Opens the file below @user.  Where the kernel can do that, mappings show the path of @user. */
struct file *extfuse_handle_open(const struct file *user, int flags, const struct path *path,
				 const struct cred *cred);

/* The same for a file without a name in the directory @dir. */
struct file *extfuse_handle_tmpfile(const struct file *user, int flags, const struct path *dir,
				    umode_t mode, const struct cred *cred);

#endif /* _EXTFUSE_PASSTHROUGH_HANDLE_H */
