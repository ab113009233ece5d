// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that are made, removed and moved in a tree.  Each change is done below by name,
 * under the locks there and with the caller's own rights, as a bind mount does it: what
 * was looked up before the call decides nothing.
 *
 * Our directories are locked by the VFS, so that our dentries stay what they are.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "tree/names.h"
#include "tree/own.h"
#include "tree/tree.h"
#include "compat/names.h"

/*
 * -EEXIST, but where the name leads to a file that has another: a policy may hide that,
 * and says what is the result.
 */
static ssize_t name_is_taken(struct extfuse_pass *pass, const struct path *dir, unsigned int arg,
			     const struct qstr *name)
{
	struct dentry *low = extfuse_low_lookup(dir, name);
	struct extfuse_named named = { .arg = arg, .dir = dir, .low = low };
	ssize_t ret;

	if (IS_ERR(low))
		return -EEXIST;
	if (extfuse_own_lets(pass, &named, 1, false, &ret))
		ret = -EEXIST;
	dput(low);
	return ret;
}

static ssize_t name_make(struct extfuse_pass *pass, const struct extfuse_new *what)
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
	if (low == ERR_PTR(-EEXIST))
		return name_is_taken(pass, &pass->path, extfuse_opcode_get(pass->args->opcode)->name - 1, name);
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
static ssize_t name_remove(struct extfuse_pass *pass, bool is_dir)
{
	struct dentry *entry = pass->args->ext.entry;
	struct extfuse_removing r = { .dir = &pass->path, .name = &entry->d_name, .is_dir = is_dir };
	struct extfuse_named named = { .dir = &pass->path };
	ssize_t ret;
	int err;

	if (!child_is_below(pass->args->ext.child[0]))
		return EXTFUSE_NOT_DONE;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	named.list = extfuse_own_open(pass, &pass->path);
	do {
		ret = extfuse_removing_begin(&r);
		if (ret)
			break;
		named.low = r.low;
		if (extfuse_own_lets(pass, &named, 1, true, &ret))
			ret = extfuse_removing_do(&r);
	} while (extfuse_removing_end(&r, &ret));
	extfuse_own_close(named.list);
	mnt_drop_write(pass->path.mnt);
	if (!ret)
		extfuse_entry_low_set(entry, NULL);
	return ret;
}

ssize_t extfuse_pass_unlink(struct extfuse_pass *pass)
{
	return name_remove(pass, false);
}

ssize_t extfuse_pass_rmdir(struct extfuse_pass *pass)
{
	return name_remove(pass, true);
}

static int name_move_locked(const struct fuse_args *args, struct extfuse_renaming *r)
{
	int err;

	extfuse_entry_moves(args->ext.inode, 0, args->ext.entry);
	extfuse_entry_moves(args->ext.dir2, 1, args->ext.entry2);
	err = vfs_rename(&r->rd);
	if (err) {
		extfuse_entry_moves(args->ext.inode, 0, NULL);
		extfuse_entry_moves(args->ext.dir2, 1, NULL);
	}
	return err;
}

static ssize_t name_move_once(struct extfuse_pass *pass, struct extfuse_renaming *r, struct file *const list[2],
			      bool *again)
{
	ssize_t ret = extfuse_renaming_begin(r);
	struct extfuse_named named[] = {
		{ .arg = 1, .dir = r->from, .low = r->rd.old_dentry, .list = list[0] },
		{ .arg = 2, .dir = r->to, .low = r->rd.new_dentry, .list = list[1] },
	};

	*again = false;
	if (ret)
		return ret;
	if (extfuse_own_lets(pass, named, ARRAY_SIZE(named), true, &ret))
		ret = name_move_locked(pass->args, r);
	*again = extfuse_renaming_end(r, &ret);
	return ret;
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
	struct file *list[2];
	struct path to;
	bool again;
	ssize_t ret;
	int err;

	if (!extfuse_low(args->ext.dir2) || !child_is_below(args->ext.child[0]) || !child_is_below(args->ext.child[1]))
		return EXTFUSE_NOT_DONE;
	to = extfuse_low_path(args->ext.dir2);
	r.to = &to;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	list[0] = extfuse_own_open(pass, r.from);
	list[1] = extfuse_own_open(pass, r.to);
	do {
		ret = name_move_once(pass, &r, list, &again);
	} while (again);
	extfuse_own_close(list[0]);
	extfuse_own_close(list[1]);
	mnt_drop_write(pass->path.mnt);
	return ret == -EEXIST ? name_is_taken(pass, &to, 2, r.new_name) : ret;
}
