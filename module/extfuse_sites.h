/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites: all that the fork calls of ours, in its own functions, where the
 * edits put it.  Included at the end of extfuse_i.h; what the transport calls is in
 * extfuse_args.h, and what each series of the file data calls in
 * passthrough/handle.h.
 */
#ifndef _EXTFUSE_SITES_H
#define _EXTFUSE_SITES_H

#include "inode.h"
#include "cached.h"
#include "cto.h"
#include "release.h"
#include "slots.h"
#include "passthrough/backing.h"
#include "passthrough/below.h"
#include "passthrough/extents.h"
#include "passthrough/handle.h"
#include "tree/tree.h"

struct fs_context;
struct fuse_backing;
struct pipe_inode_info;

/* Call site: what of a super block is ours. */
#define EXTFUSE_SUPER_OPERATIONS				\
	.destroy_inode		= extfuse_destroy_inode,	\
	.nr_cached_objects	= extfuse_kept_count,		\
	.free_cached_objects	= extfuse_kept_shrink

/* params.c: fuse_get_tree() asks before it makes a connection. */
bool extfuse_mount_is_allowed(struct fs_context *fsc);

/* conn.c: a connection is freed. */
void extfuse_conn_free(struct fuse_conn *fc);

/* notify.c: what happens to nodes outside of requests. */
void extfuse_notify_inode(struct fuse_conn *fc, u64 nodeid);
void extfuse_notify_all(struct fuse_conn *fc);
void extfuse_notify_entry(struct fuse_conn *fc, u64 parent, u64 child, const struct qstr *name);
void extfuse_evict(struct fuse_conn *fc, u64 nodeid);

/* inode.c: an inode has got attributes; what is done on a backing file. */
void extfuse_inode_learned(struct inode *inode, u64 stamp);
bool extfuse_backing_wrote(struct inode *inode, loff_t pos, ssize_t written);
int extfuse_backing_map(struct file *file, const struct vm_area_struct *vma);

/* revalidate.c: fuse_dentry_revalidate(). */
ssize_t extfuse_revalidate_request(struct fuse_mount *fm, struct fuse_args *args, struct dentry *entry,
				   struct inode *dir, struct inode *inode, unsigned int flags);
void extfuse_entry_renewed(struct fuse_conn *fc, struct dentry *entry,
			   const struct fuse_args *args);

/* passthrough/: handles on a backing file. */
void extfuse_inode_lock_order(struct inode *inode);
const struct cred *extfuse_io_cred(struct fuse_file *ff);
void extfuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb);
ssize_t extfuse_splice_below(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			     size_t len, unsigned int flags);
ssize_t extfuse_splice_up(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			  size_t len, unsigned int flags);
ssize_t extfuse_generic_write(struct kiocb *iocb, struct iov_iter *from);
int extfuse_sync_below(struct super_block *sb, int err);

/* Has this task the inode's lock already, for a splice?  See passthrough/splice.c. */
static inline bool extfuse_write_is_locked(struct inode *inode)
{
	return unlikely(READ_ONCE(get_fuse_inode(inode)->ext_locker) == current);
}

/* Call sites: each lock of an inode in file.c, which a splice may have already. */
static inline void extfuse_write_lock(struct inode *inode)
{
	if (!extfuse_write_is_locked(inode))
		inode_lock(inode);
}

static inline void extfuse_write_unlock(struct inode *inode)
{
	if (!extfuse_write_is_locked(inode))
		inode_unlock(inode);
}

/* Call site: the sync of a write takes the inode's lock; a splice that has it syncs at its end, without. */
static inline ssize_t extfuse_write_sync(struct kiocb *iocb, ssize_t written)
{
	return extfuse_write_is_locked(file_inode(iocb->ki_filp)) ? written : generic_write_sync(iocb, written);
}

/*
 * Call site: a file is read.  exec() takes owner and set-id bits from the inode, some
 * time after it has opened the program: a user can have arguments that it waits for in
 * between.  What it does last before is to read the program.
 */
static inline int extfuse_read_begin(const struct kiocb *iocb)
{
	const struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);

	if (likely(!(file->f_flags & __FMODE_EXEC)) || !inode->i_sb->s_stack_depth)
		return 0;
	if (extfuse_low(inode)) {
		extfuse_node_settle(inode);
		return 0;
	}
	return fuse_update_attributes(inode, NULL, STATX_MODE | STATX_UID | STATX_GID);
}

/* Call sites: the clock, for what is opened now and read later. */
static inline u64 extfuse_conn_stamp(const struct fuse_conn *fc)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	return unlikely(xc) ? extfuse_stamp(xc) : 0;
}

/*
 * Call site: attributes are about to be read out of the inode, because they are
 * valid.  fuse says so before it writes them, under a lock that readers do not
 * take.  A reader that gets in between would see stale attributes after the change
 * has completed.
 */
static inline void extfuse_attr_settle(struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);

	if (!extfuse_conn_get(get_fuse_conn(inode)))
		return;
	spin_lock(&fi->lock);
	spin_unlock(&fi->lock);
}

/* Call site: an entry of a listing, which is as old as the opened directory. */
static inline void extfuse_inode_listed(struct inode *inode, const struct fuse_file *ff)
{
	extfuse_inode_learned(inode, ff->ext.stamp);
}

/* Call site: a file that OPEN truncated. */
static inline u32 extfuse_truncated_mask(struct inode *inode)
{
	return extfuse_conn_get(get_fuse_conn(inode)) ? extfuse_setid_mask(inode) : 0;
}

/* Call site: a lifetime is set, of a name as it was known at @stamp. */
static inline void extfuse_entry_known(struct dentry *entry, u64 stamp)
{
	/* Before the lifetime; a newer one beside it says that the newest policy let the name through. */
	WRITE_ONCE(entry->d_time, stamp);
}

/* In d_time of a dentry of a tree, see tree/entry.h: not a stamp. */
#define EXTFUSE_ENTRY_SEEN	BIT_ULL(63)

/*
 * Call site: has a policy come, or gone, since the name was known, or has an open found that
 * its directory has changed?  Also asked in RCU walk.
 */
static inline bool extfuse_entry_is_old(const struct dentry *entry)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(entry->d_sb));
	u64 known = READ_ONCE(entry->d_time);

	if (likely(!xc))
		return false;
	if (known & EXTFUSE_ENTRY_SEEN)
		return (known & EXTFUSE_POLICIES_MAX) != READ_ONCE(xc->policies);
	return !extfuse_slot_is_fresh(&xc->policy, known) || extfuse_name_is_old(xc, entry, known);
}

/* Call site: as of when entries of a listing are known. */
static inline u64 extfuse_file_stamp(const struct file *file)
{
	return ((const struct fuse_file *)file->private_data)->ext.stamp;
}

/* Call sites: lookup flags that mean distrust. */
static inline u8 extfuse_lookup_flags(unsigned int flags)
{
	if (flags & (LOOKUP_REVAL | LOOKUP_EXCL | LOOKUP_RENAME_TARGET))
		return EXTFUSE_ARGS_FRESH;
	return 0;
}

/* Call sites: a forced statx is sent out of distrust. */
static inline u8 extfuse_statx_flags(unsigned int flags)
{
	return flags & AT_STATX_FORCE_SYNC ? EXTFUSE_ARGS_FRESH : 0;
}

/* Call sites: @ff if it is on a backing file, so that the daemon does not know it; else NULL. */
static inline struct fuse_file *extfuse_if_ours(struct fuse_file *ff)
{
	return unlikely(ff->ext.is_ours) ? ff : NULL;
}

/*
 * Call sites: must each write on the handle append?  The opener may have cleared
 * O_APPEND since: fcntl() asks the file of the mount, which has no objection.
 */
static inline bool extfuse_must_append(struct fuse_file *ff)
{
	return unlikely(ff->ext.appends) && IS_APPEND(file_inode(fuse_file_passthrough(ff)));
}

/* Of a node with a backing object: may a SETATTR be done there? */
static inline bool extfuse_setattr_may_pass(const struct extfuse_conn *xc, const struct iattr *attr)
{
	return extfuse_set_ops(xc) & BIT_ULL(FUSE_SETATTR) ||
	       (attr->ia_valid & ATTR_FILE && extfuse_if_ours(attr->ia_file->private_data));
}

/*
 * Call site: a SETATTR begins.  Owner and mode, on which the caller is about to
 * be checked, may have changed below since they were seen.  The file below loses
 * its capabilities by the change itself: to remove them before it would take a
 * right that a writer need not have.
 */
static inline int extfuse_setattr_begin(struct inode *inode, struct iattr *attr)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));

	if (!xc || !rcu_access_pointer(xc->backings) || !extfuse_has_backing(xc, get_node_id(inode)))
		return 0;
	if (extfuse_setattr_may_pass(xc, attr))
		attr->ia_valid &= ~ATTR_KILL_PRIV;
	if (extfuse_backing_perm_same(xc, inode))
		return 0;
	return fuse_update_attributes(inode, NULL, STATX_MODE | STATX_UID | STATX_GID);
}

/* Call site: a question whether writing is permitted gets the answer of a write. */
static inline bool extfuse_is_readonly(struct inode *inode, int mask)
{
	struct extfuse_conn *xc;

	if (likely(!(mask & MAY_WRITE)))
		return false;
	xc = extfuse_conn_get(get_fuse_conn(inode));
	return xc && rcu_access_pointer(xc->backings) && extfuse_backing_is_readonly(xc, inode, mask);
}

/* In iattr.ia_valid, far from the VFS's own: enum extfuse_kill. */
#define EXTFUSE_ATTR_KILL_SHIFT	30

/* Call site: ATTR_KILL_* is there.  Only what comes with a write is forced. */
static inline unsigned int extfuse_attr_kill(const struct iattr *attr)
{
	unsigned int kill = attr->ia_valid & ATTR_FORCE ? EXTFUSE_KILL_WRITER : EXTFUSE_KILL_OWNER;

	return kill << EXTFUSE_ATTR_KILL_SHIFT;
}

/* Call site: a SETATTR is sent. */
static inline void extfuse_setattr_args(struct fuse_args *args, const struct iattr *attr)
{
	if (attr->ia_valid & ATTR_FILE) {
		args->ext.file = attr->ia_file;
		if (attr->ia_valid & ATTR_SIZE)
			args->ext.ours = extfuse_if_ours(attr->ia_file->private_data);
	}
	args->ext.kill = attr->ia_valid >> EXTFUSE_ATTR_KILL_SHIFT;
}

/* Call sites: a file whose handle the daemon can be told. */
static inline bool extfuse_is_daemons(const struct file *file)
{
	return file && !extfuse_if_ours(file->private_data);
}

/* Call site: inode flags are asked for, or changed. */
static inline void extfuse_flags_args(struct fuse_args *args, struct inode *inode, struct fuse_file *ff)
{
	args->ext.inode = inode;
	args->ext.ours = extfuse_if_ours(ff);
}

/*
 * Call site: the answer to "how large is the value?".  Values of the kernel's own
 * are never empty; it makes room for as much as is said, and asks again with
 * that room, where none means the same question: what is said then is larger
 * than the room.
 */
static inline ssize_t extfuse_xattr_size(const char *name, ssize_t size)
{
	if (!size && !strncmp(name, XATTR_SECURITY_PREFIX, XATTR_SECURITY_PREFIX_LEN))
		return -ENODATA;
	return size;
}

/* Call sites: the daemon once said that it cannot do this; it is not asked here. */
static inline bool extfuse_daemon_cannot(struct fuse_file *ff, bool lacks)
{
	return lacks && !extfuse_if_ours(ff);
}

/*
 * Call sites: the daemon once said that it need not be asked, which is a yes to all
 * that comes.  A policy is asked each time, and then the daemon.
 */
static inline bool extfuse_is_unasked(const struct fuse_conn *fc, u32 opcode, bool lacks)
{
	const struct extfuse_conn *xc;

	if (likely(!lacks))
		return false;
	xc = extfuse_conn_get(fc);
	return !xc || !(extfuse_set_covered_ops(xc) & BIT_ULL(opcode));
}

/* Call sites: the kernel does this itself, for the daemon cannot, or knows no such handle. */
static inline bool extfuse_kernel_does(struct fuse_file *ff, bool lacks)
{
	return lacks || extfuse_if_ours(ff);
}

/*
 * Call site: is a file that is created opened on a backing file afterwards?
 * Then MKNOD makes it, and OPEN finds its backing object: the daemon gives no
 * handle away.
 */
static inline bool extfuse_opens_backing(const struct fuse_conn *fc, const struct inode *dir)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fc);

	return dir->i_sb->s_stack_depth && xc && !fc->writeback_cache &&
	       extfuse_set_ops(xc) & BIT_ULL(FUSE_OPEN) && rcu_access_pointer(xc->backings);
}

/*
 * Call site: the error of that.  The VFS looks again at what has appeared, at
 * its permissions, or its target if it is a symbolic link.
 */
static inline int extfuse_create_error(unsigned int flags, int err)
{
	return err == -EEXIST && !(flags & O_EXCL) ? -ESTALE : err;
}

/* Call site: the handle that is made; @file is NULL where the kernel opens one for itself. */
static inline void extfuse_open_args(struct fuse_args *args, struct fuse_file *ff, struct inode *inode,
				     struct file *file)
{
	args->ext.inode = inode;
	args->ext.made = ff;
	args->ext.file = file;
	/* Before the open drops what is cached. */
	if (inode)
		ff->ext.old_reads = READ_ONCE(get_fuse_inode(inode)->ext.old_reads);
}

/* Call sites: what is done on an open file; the daemon does not know a handle on a backing file. */
static inline void extfuse_file_args(struct fuse_args *args, struct file *file)
{
	args->ext.inode = file_inode(file);
	args->ext.ours = extfuse_if_ours(file->private_data);
}

/* Call sites: READ, READDIR. */
static inline void extfuse_read_args(struct fuse_args *args, struct file *file)
{
	extfuse_file_args(args, file);
	args->ext.open_stamp = extfuse_file_stamp(file);
}

/* Call sites: FLUSH, FSYNC: something may have been written. */
static inline void extfuse_sync_args(struct fuse_args *args, struct file *file)
{
	extfuse_file_args(args, file);
	if (file->f_mode & FMODE_WRITE)
		args->ext.flags |= EXTFUSE_ARGS_WROTE;
}

/* Call site: COPY_FILE_RANGE, where one of the two files, or each, may be on a backing file. */
static inline void extfuse_copy_args(struct fuse_args *args, struct file *from, struct file *to)
{
	struct fuse_file *target = extfuse_if_ours(to->private_data);

	extfuse_file_args(args, from);
	args->ext.child[0] = file_inode(to);
	args->ext.ours_target = args->ext.ours ? target : NULL;
	args->ext.ours = args->ext.ours ?: target;
}

#include "tree/attr.h"
#include "tree/entry.h"
#include "tree/reply.h"

#endif /* _EXTFUSE_SITES_H */
