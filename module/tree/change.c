// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that are made, removed and moved in a tree.  Each change is done below by name,
 * under the locks there and with the caller's own rights, as a bind mount does it: what
 * was looked up before the call decides nothing.
 *
 * Our directories are locked by the VFS, so that our dentries stay what they are.
 */
#include "fuse_i.h"
#include "tree/names.h"
#include "tree/tree.h"
#include "compat/names.h"

static ssize_t name_make(const struct extfuse_pass *pass, const struct extfuse_new *what)
{
	umode_t type = what->link ? d_inode(what->link)->i_mode : what->mode;
	const struct qstr *name = &pass->args->ext.entry->d_name;
	struct dentry *low;
	int err;

	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	low = extfuse_low_make(&pass->path, name, what);
	mnt_drop_write(pass->path.mnt);
	if (IS_ERR(low))
		return PTR_ERR(low);
	/* Where it had to be looked up again, another may have taken the name. */
	if ((d_inode(low)->i_mode ^ type) & S_IFMT) {
		dput(low);
		return -ESTALE;
	}
	return extfuse_entry_found(pass, low);
}

ssize_t extfuse_pass_mknod(struct extfuse_pass *pass)
{
	const struct fuse_mknod_in *in = extfuse_in(pass->args, 0)->value;
	struct extfuse_new what = { .mode = in->mode, .rdev = new_decode_dev(in->rdev) };

	return name_make(pass, &what);
}

ssize_t extfuse_pass_mkdir(struct extfuse_pass *pass)
{
	const struct fuse_mkdir_in *in = extfuse_in(pass->args, 0)->value;
	struct extfuse_new what = { .mode = (in->mode & ~S_IFMT) | S_IFDIR };

	return name_make(pass, &what);
}

ssize_t extfuse_pass_symlink(struct extfuse_pass *pass)
{
	struct extfuse_new what = { .mode = S_IFLNK, .target = extfuse_in(pass->args, 1)->value };

	return name_make(pass, &what);
}

/* The file may be one of the daemon's own nodes, which is not below for us. */
ssize_t extfuse_pass_link(struct extfuse_pass *pass)
{
	struct dentry *low = extfuse_low(pass->args->ext.child[0]);
	struct extfuse_new what = { .link = low };

	return low ? name_make(pass, &what) : EXTFUSE_NOT_DONE;
}

/* The name of a node that is the daemon's own may be another file's below. */
static bool child_is_below(const struct inode *child)
{
	return !child || extfuse_low(child);
}

/*
 * The dentry stays, as one of a name that nobody has, and must not hold the removed
 * file: its space is free once nobody has it open.
 */
static ssize_t name_remove(const struct extfuse_pass *pass, bool is_dir)
{
	struct dentry *entry = pass->args->ext.entry;
	int err;

	if (!child_is_below(pass->args->ext.child[0]))
		return EXTFUSE_NOT_DONE;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	err = extfuse_low_remove(&pass->path, &entry->d_name, is_dir);
	mnt_drop_write(pass->path.mnt);
	if (!err)
		extfuse_entry_low_set(entry, NULL);
	return err;
}

ssize_t extfuse_pass_unlink(struct extfuse_pass *pass)
{
	return name_remove(pass, false);
}

ssize_t extfuse_pass_rmdir(struct extfuse_pass *pass)
{
	return name_remove(pass, true);
}

static int name_move_once(const struct fuse_args *args, struct extfuse_renaming *r, bool *again)
{
	int err = extfuse_renaming_begin(r);

	*again = false;
	if (err)
		return err;
	extfuse_entry_moves(args->ext.inode, 0, args->ext.entry);
	extfuse_entry_moves(args->ext.dir2, 1, args->ext.entry2);
	err = vfs_rename(&r->rd);
	if (err) {
		extfuse_entry_moves(args->ext.inode, 0, NULL);
		extfuse_entry_moves(args->ext.dir2, 1, NULL);
	}
	*again = extfuse_renaming_end(r, &err);
	return err;
}

/* RENAME's input begins as that of RENAME2 does, which has flags. */
ssize_t extfuse_pass_rename(struct extfuse_pass *pass)
{
	const struct fuse_args *args = pass->args;
	const struct fuse_rename2_in *in = extfuse_in(args, 0)->value;
	struct extfuse_renaming r = {
		.from = &pass->path,
		.old_name = &args->ext.entry->d_name,
		.new_name = &args->ext.entry2->d_name,
		.flags = args->opcode == FUSE_RENAME2 ? in->flags : 0,
	};
	struct path to;
	bool again;
	int err;

	if (!extfuse_low(args->ext.dir2) || !child_is_below(args->ext.child[0]) || !child_is_below(args->ext.child[1]))
		return EXTFUSE_NOT_DONE;
	to = extfuse_low_path(args->ext.dir2);
	r.to = &to;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	do {
		err = name_move_once(args, &r, &again);
	} while (again);
	mnt_drop_write(pass->path.mnt);
	return err;
}
