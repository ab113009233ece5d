// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of READDIR and READDIRPLUS on a handle of ours: the backing
 * directory's own entries, as the daemon would write them.
 *
 * An entry of READDIRPLUS is a name only (node id 0), but where a dentry has a
 * node under that name whose backing object is what the entry names: then it
 * carries the node, with attributes as they are now and the longest lifetime
 * that the daemon gave to a name.  The node pays its count in the end (rule
 * 5.3): see extfuse_dirents_pay().
 */
#include "fuse_i.h"
#include "dirents.h"
#include "passthrough/backing.h"
#include "passthrough/pass.h"
#include <linux/dcache.h>
#include <linux/fs.h>

/* Where a listing is written to. */
struct listing {
	struct dir_context ctx;
	void *buf;
	u32 room;
	u32 len;
	struct fuse_dirent *last;
	bool plus;
};

static u32 listing_reclen(const struct listing *to, int namelen)
{
	u32 head = to->plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;

	return FUSE_REC_ALIGN(head + namelen);
}

/* An entry's offset is where the next one begins: known when that comes. */
static void listing_next(struct listing *to, loff_t off)
{
	if (to->last)
		to->last->off = off;
}

static bool listing_add(struct dir_context *ctx, const char *name, int namelen, loff_t off,
			u64 ino, unsigned int type)
{
	struct listing *to = container_of(ctx, struct listing, ctx);
	u32 reclen = listing_reclen(to, namelen);
	void *entry = to->buf + to->len;
	struct fuse_dirent *dirent = entry;

	listing_next(to, off);
	if (reclen > to->room - to->len)
		return false;
	memset(entry, 0, reclen);
	if (to->plus)
		dirent = &((struct fuse_direntplus *)entry)->dirent;
	dirent->ino = ino;
	dirent->namelen = namelen;
	dirent->type = type;
	memcpy(dirent->name, name, namelen);
	to->len += reclen;
	to->last = dirent;
	return true;
}

/*
 * extfuse_dir_llseek - ->llseek() of directories
 *
 * What a position means, and which is the last, is known below.  The daemon's positions
 * are any numbers, the largest file says nothing of them.
 */
loff_t extfuse_dir_llseek(struct file *file, loff_t offset, int whence)
{
	struct fuse_file *ours = extfuse_if_ours(file->private_data);

	if (!ours)
		return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
						i_size_read(file_inode(file)));
	if (whence == SEEK_CUR) {
		offset += file->f_pos;
		whence = SEEK_SET;
	}
	offset = vfs_llseek(fuse_file_passthrough(ours), offset, whence);
	return offset < 0 ? offset : vfs_setpos(file, offset, MAX_LFS_FILESIZE);
}

static int dir_seek(struct file *dir, loff_t off)
{
	loff_t pos;

	if (dir->f_pos == off)
		return 0;
	pos = vfs_llseek(dir, off, SEEK_SET);
	return pos < 0 ? pos : 0;
}

/* The VFS lets one task at a time read an open directory, so the position is ours. */
static int dir_list(struct extfuse_pass *pass, struct listing *to, loff_t off)
{
	struct file *dir = fuse_file_passthrough(pass->ff);
	int err;

	err = dir_seek(dir, off);
	if (!err)
		err = iterate_dir(dir, &to->ctx);
	if (err)
		return err;
	listing_next(to, dir->f_pos);
	return to->len;
}

/* Is the object what the directory has there?  Its inode, and so the number, is taken. */
static bool object_is_entry(const struct extfuse_pass *pass, const struct extfuse_backing *backing,
			    const struct fuse_dirent *dirent)
{
	const struct dentry *dentry = backing->path.dentry;

	return READ_ONCE(dentry->d_parent) == pass->path.dentry &&
	       d_backing_inode(dentry)->i_ino == dirent->ino;
}

static void entry_fill(const struct extfuse_pass *pass, struct inode *inode,
		       const struct extfuse_backing *backing, struct fuse_entry_out *out)
{
	struct extfuse_pass child = {
		.xc = pass->xc,
		.fm = pass->fm,
		.args = pass->args,
		.inode = inode,
		.path = backing->path,
		.giver = backing->cred,
	};

	if (extfuse_pass_attr(&child, &out->attr)) {
		memset(out, 0, sizeof(*out));
		return;
	}
	out->nodeid = get_node_id(inode);
	out->generation = inode->i_generation;
	out->entry_valid = div_u64_rem(READ_ONCE(pass->xc->longest_entry), NSEC_PER_SEC,
				       &out->entry_valid_nsec);
}

/* The node that a dentry has under this name, if it is that. */
static void entry_node(const struct extfuse_pass *pass, struct dentry *dir,
		       struct fuse_direntplus *entry)
{
	struct extfuse_backing *backing = NULL;
	struct dentry *dentry;
	struct inode *inode;

	if (extfuse_dirent_is_dot(&entry->dirent))
		return;
	dentry = extfuse_dirent_lookup(dir, &entry->dirent);
	if (!dentry)
		return;
	inode = d_inode(dentry);
	if (inode && !fuse_is_bad(inode))
		backing = extfuse_backing_get(pass->xc, get_node_id(inode));
	if (backing && extfuse_backing_is_of(backing, inode) &&
	    object_is_entry(pass, backing, &entry->dirent))
		entry_fill(pass, inode, backing, &entry->entry_out);
	if (backing)
		extfuse_backing_put(backing);
	dput(dentry);
}

/* Outside of the backing directory's lock. */
static void listing_nodes(const struct extfuse_pass *pass, void *buf, u32 len)
{
	struct dentry *dir = d_find_any_alias(pass->inode);
	struct fuse_direntplus *entry;
	u32 at;

	if (!dir)
		return;
	for (at = 0; at < len; at += FUSE_DIRENTPLUS_SIZE(entry)) {
		entry = buf + at;
		entry_node(pass, dir, entry);
	}
	dput(dir);
}

ssize_t extfuse_pass_readdir(struct extfuse_pass *pass)
{
	const struct fuse_read_in *in = extfuse_in(pass->args, 0)->value;
	struct fuse_args *args = pass->args;
	struct listing to = {
		.ctx.actor = listing_add,
		.room = args->out_args[0].size,
		.plus = args->opcode == FUSE_READDIRPLUS,
	};
	int ret = extfuse_out_hold(args);

	if (ret)
		return ret;
	to.buf = extfuse_out_map(args);
	ret = dir_list(pass, &to, in->offset);
	if (ret > 0 && to.plus)
		listing_nodes(pass, to.buf, ret);
	extfuse_out_unmap(args, to.buf);
	if (ret >= 0)
		args->out_args[0].size = ret;
	return ret;
}
