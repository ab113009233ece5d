// SPDX-License-Identifier: GPL-2.0-only
/*
 * Close to open, as NFS has it (EXTFUSE_ATTACH_CTO): before a file or directory is opened
 * the daemon is asked for its attributes, and what is kept of it stays if they are as they
 * were.  So what somebody else has changed is seen by who opens it after that.
 *
 * It is a GETATTR of its own, by the caller and in the open's place: it holds no more locks
 * than the OPEN that follows, can be killed as that, and its error is the open's.  Its reply
 * goes the way of all: learn.c finds out whether it says what the inode says, and moves what
 * rests on that; then fuse takes the attributes.  Here is moved what only an open may move,
 * because every change of our own would do so as well: see extfuse_node_opened().
 */
#include "fuse_i.h"
#include "attr.h"
#include "cto.h"
#include "kept.h"
#include "params.h"
#include "slots.h"
#include "compat/inode.h"

/* Is it the caller's, of a set that keeps anything? */
static bool open_is_asked(const struct extfuse_conn *xc, const struct fuse_args *args)
{
	u32 flags = extfuse_set_flags(xc);

	if (!args->ext.file || !args->ext.inode || extfuse_low(args->ext.inode))
		return false;
	return (flags & (EXTFUSE_ATTACH_CTO | EXTFUSE_ATTACH_SHADOW)) == EXTFUSE_ATTACH_CTO &&
	       READ_ONCE(extfuse_programs);
}

/* Until 6.7 the file that overlayfs opens has a name of overlayfs. */
static struct dentry *opened_name(const struct file *file, struct inode *inode)
{
	struct dentry *dentry = file->f_path.dentry;

	return d_inode(dentry) == inode ? dget(dentry) : d_find_any_alias(inode);
}

static bool attributes_are(struct inode *inode, const struct kstat *stat)
{
	struct fuse_attr attr;

	extfuse_attr_of_stat(get_fuse_conn(inode), &attr, stat);
	return !extfuse_attr_doubts(inode, &attr);
}

/*
 * As statx() with AT_STATX_FORCE_SYNC: no program answers that. Fuse does not take a reply
 * that another one has overtaken, which may be older: it was asked for before this one, and
 * answered before what this one tells. Then nothing is valid, and who looks asks again.
 */
static noinline_for_stack int attributes_ask(struct extfuse_conn *xc, const struct file *file,
					     struct inode *inode)
{
	struct path path = { .mnt = file->f_path.mnt, .dentry = opened_name(file, inode) };
	struct kstat stat;
	int err;

	if (!path.dentry)
		return -ESTALE;
	err = vfs_getattr_nosec(&path, &stat, STATX_BASIC_STATS, AT_STATX_FORCE_SYNC);
	dput(path.dentry);
	if (err || attributes_are(inode, &stat))
		return err;
	extfuse_node_move(xc, get_node_id(inode), BIT(EXTFUSE_KIND_ATTR));
	fuse_invalidate_attr(inode);
	return 0;
}

/*
 * extfuse_cto_said - a reply has attributes, and is not yet taken
 *
 * Under the writeback cache size and times of a regular file are the kernel's: whether the
 * daemon's have changed is seen only beside those that it said before.
 */
void extfuse_cto_said(struct extfuse_conn *xc, struct inode *inode, u64 stamp, const struct fuse_attr *attr)
{
	static const siphash_key_t key;
	u64 *last = &get_fuse_inode(inode)->ext.said, before = READ_ONCE(*last), said;

	if (!get_fuse_conn(inode)->writeback_cache || !S_ISREG(inode->i_mode) || extfuse_low(inode))
		return;
	said = siphash_4u64(attr->size, attr->mtime, attr->ctime,
			    (u64)attr->mtimensec << 32 | attr->ctimensec, &key);
	/* 0 is nothing said. */
	said += !said;
	if (before == said)
		return;
	/* For the first time: those of the inode are of when it was looked up, or else do not match. */
	if (before || attr->size != i_size_read(inode) || extfuse_times_differ(inode, attr))
		extfuse_node_cap(xc, get_node_id(inode), stamp, BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR));
	/* Last: who opens the file beside this one, and finds it said, takes what it has for unchanged. */
	WRITE_ONCE(*last, said);
}

/* extfuse_cto_ask - an OPEN, or OPENDIR, begins: 0, or its error */
int extfuse_cto_ask(struct extfuse_conn *xc, struct fuse_args *args)
{
	struct inode *inode = args->ext.inode;
	struct fuse_file *ff = args->ext.made;
	u64 before = extfuse_stamp(xc);
	int err;

	if (!open_is_asked(xc, args))
		return 0;
	err = attributes_ask(xc, args->ext.file, inode);
	/* To fuse it would mean that the daemon has no OPEN. */
	if (err && err != -ENOSYS)
		return err;
	ff->ext.asked = !err;
	if (err)
		extfuse_node_move(xc, args->nodeid, EXTFUSE_ALL_KINDS);
	extfuse_node_opened(xc, args->nodeid, S_ISDIR(inode->i_mode));
	if (!extfuse_node_fresh(xc, args->nodeid, before))
		extfuse_kept_soon(xc, false);
	/* The handle is no older than what was found out. */
	ff->ext.stamp = extfuse_stamp(xc);
	return 0;
}
