// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names below, see names.h.
 */
#include "names.h"
#include <linux/namei.h>

#ifndef HAVE_START_CREATING
static bool is_delegated(struct inode **delegated)
{
	return *delegated;
}
#endif

/* Was somebody waited for, who has a delegation no more?  Then it is worth another try. */
static bool is_delegated_wait(EXTFUSE_DELEGATED *delegated, ssize_t *ret)
{
	if (!is_delegated(delegated))
		return false;
	*ret = break_deleg_wait(delegated);
	return !*ret;
}

#ifdef HAVE_START_CREATING

struct dentry *extfuse_low_lookup(const struct path *dir, const struct qstr *name)
{
	return lookup_one_unlocked(mnt_idmap(dir->mnt), &QSTR_LEN(name->name, name->len), dir->dentry);
}

/* On an error vfs_mkdir() has let the dentry go. */
static int dir_make(const struct path *dir, struct dentry **low, umode_t mode,
		    struct delegated_inode *delegated)
{
	struct dentry *made = vfs_mkdir(mnt_idmap(dir->mnt), d_inode(dir->dentry), *low, mode & ~S_IFMT,
					delegated);

	*low = made;
	return PTR_ERR_OR_ZERO(made);
}

static int make_at(const struct path *dir, struct dentry **low, const struct extfuse_new *what,
		   struct delegated_inode *delegated)
{
	struct mnt_idmap *idmap = mnt_idmap(dir->mnt);
	struct inode *inode = d_inode(dir->dentry);

	if (d_is_positive(*low))
		return -EEXIST;
	if (what->link)
		return vfs_link(what->link, idmap, inode, *low, delegated);
	switch (what->mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(idmap, *low, what->mode, delegated);
	case S_IFDIR:
		return dir_make(dir, low, what->mode, delegated);
	case S_IFLNK:
		return vfs_symlink(idmap, inode, *low, what->target, delegated);
	}
	return vfs_mknod(idmap, inode, *low, what->mode, what->rdev, delegated);
}

static struct dentry *make_once(const struct path *dir, const struct qstr *name,
				const struct extfuse_new *what, struct delegated_inode *delegated)
{
	struct dentry *low;
	int err;

	low = start_creating(mnt_idmap(dir->mnt), dir->dentry, &QSTR_LEN(name->name, name->len));
	if (IS_ERR(low))
		return low;
	err = make_at(dir, &low, what, delegated);
	if (!err)
		return end_creating_keep(low);
	end_creating(low);
	return ERR_PTR(err);
}

int extfuse_removing_begin(struct extfuse_removing *r)
{
	r->delegated = (struct delegated_inode){};
	r->low = start_removing(mnt_idmap(r->dir->mnt), r->dir->dentry,
				&QSTR_LEN(r->name->name, r->name->len));
	return PTR_ERR_OR_ZERO(r->low);
}

int extfuse_removing_do(struct extfuse_removing *r)
{
	struct mnt_idmap *idmap = mnt_idmap(r->dir->mnt);
	struct inode *inode = d_inode(r->dir->dentry);

	return r->is_dir ? vfs_rmdir(idmap, inode, r->low, &r->delegated) :
			   vfs_unlink(idmap, inode, r->low, &r->delegated);
}

bool extfuse_removing_end(struct extfuse_removing *r, ssize_t *ret)
{
	end_removing(r->low);
	return is_delegated_wait(&r->delegated, ret);
}

int extfuse_renaming_begin(struct extfuse_renaming *r)
{
	r->delegated = (struct delegated_inode){};
	r->rd = (struct renamedata){
		.mnt_idmap = mnt_idmap(r->from->mnt),
		.old_parent = r->from->dentry,
		.new_parent = r->to->dentry,
		.delegated_inode = &r->delegated,
		.flags = r->flags,
	};
	return start_renaming(&r->rd, 0, &QSTR_LEN(r->old_name->name, r->old_name->len),
			      &QSTR_LEN(r->new_name->name, r->new_name->len));
}

bool extfuse_renaming_end(struct extfuse_renaming *r, ssize_t *ret)
{
	end_renaming(&r->rd);
	return is_delegated_wait(&r->delegated, ret);
}

int extfuse_low_revalidate(struct dentry *low, unsigned int flags)
{
	struct dentry *dir = dget_parent(low);
	struct name_snapshot name;
	int ret;

	take_dentry_name_snapshot(&name, low);
	ret = low->d_op->d_revalidate(d_inode(dir), &name.name, low, flags);
	release_dentry_name_snapshot(&name);
	dput(dir);
	return ret;
}

#else /* !HAVE_START_CREATING */

struct dentry *extfuse_low_lookup(const struct path *dir, const struct qstr *name)
{
	return lookup_one_unlocked(mnt_idmap(dir->mnt), name->name, dir->dentry, name->len);
}

/* Under the lock of the directory. */
static struct dentry *name_find(const struct path *dir, const struct qstr *name)
{
	return lookup_one(mnt_idmap(dir->mnt), name->name, dir->dentry, name->len);
}

/* Locks the directory, and unlocks it on an error. */
static struct dentry *dirop_begin(const struct path *dir, const struct qstr *name)
{
	struct dentry *low;

	inode_lock_nested(d_inode(dir->dentry), I_MUTEX_PARENT);
	low = name_find(dir, name);
	if (IS_ERR(low))
		inode_unlock(d_inode(dir->dentry));
	return low;
}

static int make_at(const struct path *dir, struct dentry *low, const struct extfuse_new *what,
		   struct inode **delegated)
{
	struct inode *inode = d_inode(dir->dentry);

	if (d_is_positive(low))
		return -EEXIST;
	if (what->link)
		return vfs_link(what->link, mnt_idmap(dir->mnt), inode, low, delegated);
	switch (what->mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(mnt_idmap(dir->mnt), inode, low, what->mode, true);
	case S_IFDIR:
		return vfs_mkdir(mnt_idmap(dir->mnt), inode, low, what->mode & ~S_IFMT);
	case S_IFLNK:
		return vfs_symlink(mnt_idmap(dir->mnt), inode, low, what->target);
	}
	return vfs_mknod(mnt_idmap(dir->mnt), inode, low, what->mode, what->rdev);
}

static struct dentry *make_once(const struct path *dir, const struct qstr *name,
				const struct extfuse_new *what, struct inode **delegated)
{
	struct dentry *low = dirop_begin(dir, name);
	int err;

	if (IS_ERR(low))
		return low;
	err = make_at(dir, low, what, delegated);
	inode_unlock(d_inode(dir->dentry));
	if (!err)
		return low;
	dput(low);
	return ERR_PTR(err);
}

int extfuse_removing_begin(struct extfuse_removing *r)
{
	r->delegated = NULL;
	r->low = dirop_begin(r->dir, r->name);
	if (IS_ERR(r->low))
		return PTR_ERR(r->low);
	if (d_is_positive(r->low))
		return 0;
	inode_unlock(d_inode(r->dir->dentry));
	dput(r->low);
	return -ENOENT;
}

int extfuse_removing_do(struct extfuse_removing *r)
{
	struct inode *inode = d_inode(r->dir->dentry);

	return r->is_dir ? vfs_rmdir(mnt_idmap(r->dir->mnt), inode, r->low) :
			   vfs_unlink(mnt_idmap(r->dir->mnt), inode, r->low, &r->delegated);
}

bool extfuse_removing_end(struct extfuse_removing *r, ssize_t *ret)
{
	inode_unlock(d_inode(r->dir->dentry));
	dput(r->low);
	return is_delegated_wait(&r->delegated, ret);
}

/* What the VFS refuses before it asks the file system. */
static int renaming_check(const struct extfuse_renaming *r, const struct dentry *trap)
{
	if (d_is_negative(r->rd.old_dentry))
		return -ENOENT;
	if (r->flags & RENAME_NOREPLACE && d_is_positive(r->rd.new_dentry))
		return -EEXIST;
	if (r->flags & RENAME_EXCHANGE && d_is_negative(r->rd.new_dentry))
		return -ENOENT;
	/* One is above the other. */
	if (r->rd.old_dentry == trap)
		return -EINVAL;
	if (r->rd.new_dentry == trap)
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int renaming_find(struct extfuse_renaming *r, const struct dentry *trap)
{
	int err;

	r->rd.old_dentry = name_find(r->from, r->old_name);
	if (IS_ERR(r->rd.old_dentry))
		return PTR_ERR(r->rd.old_dentry);
	r->rd.new_dentry = name_find(r->to, r->new_name);
	err = PTR_ERR_OR_ZERO(r->rd.new_dentry);
	if (!err) {
		err = renaming_check(r, trap);
		if (!err)
			return 0;
		dput(r->rd.new_dentry);
	}
	dput(r->rd.old_dentry);
	return err;
}

int extfuse_renaming_begin(struct extfuse_renaming *r)
{
	struct dentry *trap;
	int err;

	r->delegated = NULL;
	r->rd = (struct renamedata){
#ifdef HAVE_MNT_IDMAP
		.old_mnt_idmap = mnt_idmap(r->from->mnt),
		.new_mnt_idmap = mnt_idmap(r->to->mnt),
#else
		.old_mnt_userns = mnt_idmap(r->from->mnt),
		.new_mnt_userns = mnt_idmap(r->to->mnt),
#endif
		.old_dir = d_inode(r->from->dentry),
		.new_dir = d_inode(r->to->dentry),
		.delegated_inode = &r->delegated,
		.flags = r->flags,
	};
	trap = lock_rename(r->from->dentry, r->to->dentry);
	if (IS_ERR(trap))
		return PTR_ERR(trap);
	err = renaming_find(r, trap);
	if (err)
		unlock_rename(r->from->dentry, r->to->dentry);
	return err;
}

bool extfuse_renaming_end(struct extfuse_renaming *r, ssize_t *ret)
{
	dput(r->rd.old_dentry);
	dput(r->rd.new_dentry);
	unlock_rename(r->from->dentry, r->to->dentry);
	return is_delegated_wait(&r->delegated, ret);
}

int extfuse_low_revalidate(struct dentry *low, unsigned int flags)
{
	return low->d_op->d_revalidate(low, flags);
}

#endif /* HAVE_START_CREATING */

/*
 * Some file systems leave what they have made to the next look-up.  Where they say what it
 * is, another that has taken the name since is not given for it: a policy may hide that.
 */
static struct dentry *made_find(const struct path *dir, const struct qstr *name, struct dentry *made)
{
	struct dentry *low;
	int err = 0;

	if (IS_ERR(made) || (d_is_positive(made) && !d_unhashed(made)))
		return made;
	low = extfuse_low_lookup(dir, name);
	if (!IS_ERR(low) && d_is_negative(low))
		err = -ENOENT;
	else if (!IS_ERR(low) && d_is_positive(made) && d_inode(low) != d_inode(made))
		err = -ESTALE;
	dput(made);
	if (!err)
		return low;
	dput(low);
	return ERR_PTR(err);
}

struct dentry *extfuse_low_make(const struct path *dir, const struct qstr *name,
				const struct extfuse_new *what)
{
	EXTFUSE_DELEGATED delegated;
	struct dentry *low;
	ssize_t ret;

	do {
		memset(&delegated, 0, sizeof(delegated));
		low = make_once(dir, name, what, &delegated);
		ret = PTR_ERR_OR_ZERO(low);
	} while (is_delegated_wait(&delegated, &ret));
	return ret ? ERR_PTR(ret) : made_find(dir, name, low);
}
