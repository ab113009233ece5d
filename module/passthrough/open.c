// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of OPEN, OPENDIR and TMPFILE: a handle of ours, from here to its release.
 *
 * The decision falls here, once: the daemon never hears of such a handle, and
 * what is done with it is done on the backing file, also after a detach, an
 * abort or the object's end (rule 5.2).  It is done with the credentials of
 * the opener, to which nothing was added: some files tell a reader more if it was
 * privileged when it opened them.  Data is written with those of the writer: see
 * extfuse_io_cred().
 */
#include "fuse_i.h"
#include "passthrough/pass.h"
#include "tree/names.h"
#include "tree/tree.h"
#include "compat/vfs.h"
#include <linux/file.h>

/* Done by the VFS already; O_APPEND may be switched by fcntl(), so each write says it. */
#define FLAGS_NOT_BELOW	(O_APPEND | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* Call site: the end of a handle on a backing file, of ours or of the daemon's. */
void extfuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb)
{
	fuse_passthrough_release(ff, fb);
	extfuse_rights_released(ff);
}

/* extfuse_handle_undo - a handle that nobody will get: a reply program refused it */
void extfuse_handle_undo(struct inode *inode, struct fuse_file *ff)
{
	if (S_ISREG(inode->i_mode))
		extfuse_io_end(inode, ff);
	extfuse_passthrough_release(ff, NULL);
	ff->ext.is_ours = false;
	ff->ext.appends = false;
}

/* Said where it is noticed; the mount goes on, and the daemon serves its data. */
static void writeback_warn(struct extfuse_conn *xc, const struct fuse_conn *fc)
{
	if (xchg(&xc->writeback_logged, true))
		return;
	pr_info("connection %u: the daemon asked for the writeback cache, so file data is not passed through; mount without it (-o no_writeback_cache or the like) to have that\n",
		fc->dev);
}

/* The kernel's own OPEN, for inode flags, does not say through which mount, so not whose ids count. */
static bool can_be_ours(const struct extfuse_pass *pass)
{
	return EXTFUSE_HANDLES && (pass->args->ext.file || !extfuse_may_idmap(pass->fm));
}

static bool can_have_data(const struct extfuse_pass *pass)
{
	if (!can_be_ours(pass))
		return false;
	if (pass->fm->fc->writeback_cache)
		writeback_warn(pass->xc, pass->fm->fc);
	return !pass->fm->fc->writeback_cache;
}

/* Was the file below made by the caller, or given to it? */
static bool is_callers(const struct extfuse_pass *pass)
{
	vfsuid_t owner = i_uid_into_vfsuid(mnt_idmap(pass->path.mnt), d_inode(pass->path.dentry));

	return vfsuid_eq_kuid(owner, pass->cred->fsuid);
}

static int may_access(const struct extfuse_pass *pass, const struct file *user)
{
	struct inode *inode = d_inode(pass->path.dentry);
	int mask = MAY_OPEN;

	/* The creator of a file may open it whatever its mode is; but is it that file? */
	if (user->f_mode & FMODE_CREATED && is_callers(pass))
		return user->f_mode & FMODE_WRITE && IS_IMMUTABLE(inode) ? -EPERM : 0;
	/* To execute a file it need not be readable. */
	if (user->f_flags & __FMODE_EXEC)
		mask |= MAY_EXEC;
	else if (user->f_mode & FMODE_READ)
		mask |= MAY_READ;
	if (user->f_mode & FMODE_WRITE || user->f_flags & O_TRUNC)
		mask |= MAY_WRITE;
	return inode_permission(mnt_idmap(pass->path.mnt), inode, mask);
}

/* What the VFS would ask of the file below, in its order; it may be of another mode than the fork knows. */
static int may_open(const struct extfuse_pass *pass, const struct file *user)
{
	struct inode *inode = d_inode(pass->path.dentry);
	int err = may_access(pass, user);

	if (err)
		return err;
	if (IS_APPEND(inode) && ((user->f_mode & FMODE_WRITE && !(user->f_flags & O_APPEND)) ||
				 user->f_flags & O_TRUNC))
		return -EPERM;
	if (user->f_flags & O_NOATIME &&
	    !inode_owner_or_capable(mnt_idmap(pass->path.mnt), inode))
		return -EPERM;
	return 0;
}

static int flags_below(const struct extfuse_pass *pass, const struct file *user)
{
	int flags = (user->f_flags & ~FLAGS_NOT_BELOW) | extfuse_atime_flag(user);

	/* Nothing that fcntl() does changes that such a file is only appended to. */
	return IS_APPEND(d_inode(pass->path.dentry)) ? flags | (user->f_flags & O_APPEND) : flags;
}

static struct file *backing_open(const struct extfuse_pass *pass)
{
	const struct file *user = pass->args->ext.file;
	int flags, err;

	/* The kernel's own, for inode flags: it reads nothing, and who has the file open need not be let in again. */
	if (!user)
		return dentry_open(&pass->path, O_RDONLY | O_LARGEFILE, pass->cred);
	flags = flags_below(pass, user);
	err = may_open(pass, user);
	if (err)
		return ERR_PTR(err);
	if (S_ISDIR(pass->inode->i_mode))
		return dentry_open(&pass->path, flags, pass->cred);
	return extfuse_handle_open(user, flags, &pass->path, pass->cred);
}

/* The handle is ours, and is on @file, whose reference it takes. */
static void handle_make(const struct extfuse_pass *pass, struct fuse_file *ff, struct file *file)
{
	struct file *user = pass->args->ext.file;

	extfuse_handle_set(ff, file, get_cred(pass->cred));
	extfuse_rights_opened(pass, ff);
	ff->ext.appends = user && user->f_flags & O_APPEND;
	ff->ext.is_ours = true;
	/* What can be had without waiting can be had through us. */
	if (user && S_ISREG(pass->inode->i_mode))
		user->f_mode |= file->f_mode & FMODE_NOWAIT;
}

static void open_answer(struct fuse_open_out *out, const struct file *file)
{
	memset(out, 0, sizeof(*out));
	/* Nobody asks what there is nothing to do for. */
	if (!file->f_op->flush)
		out->open_flags |= FOPEN_NOFLUSH;
}

/* Files of the kernel's own often have older calls, which are not for other files' callers. */
static bool can_be_passed(const struct file *file)
{
	return (!(file->f_mode & FMODE_READ) || file->f_op->read_iter) &&
	       (!(file->f_mode & FMODE_WRITE) || file->f_op->write_iter);
}

/* The backing file as the caller of OPEN asked for it; truncated last, when all else is well. */
static int file_open(const struct extfuse_pass *pass, struct fuse_file *ff)
{
	const struct fuse_open_in *in = extfuse_in(pass->args, 0)->value;
	struct file *file = backing_open(pass);
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!can_be_passed(file)) {
		fput(file);
		return EXTFUSE_NOT_DONE;
	}
	if (in->flags & O_TRUNC) {
		err = extfuse_pass_truncate(pass, file);
		if (err) {
			fput(file);
			return err;
		}
	}
	handle_make(pass, ff, file);
	open_answer(pass->args->out_args[0].value, file);
	return 0;
}

/*
 * extfuse_size_take - the size as it is below
 *
 * The VFS looks at it before it asks us, to copy a range for one.
 */
void extfuse_size_take(struct inode *inode, const struct inode *low)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	loff_t size = i_size_read(low);

	if (size == i_size_read(inode))
		return;
	spin_lock(&fi->lock);
	fi->attr_version = atomic64_inc_return(&get_fuse_conn(inode)->attr_version);
	i_size_write(inode, size);
	spin_unlock(&fi->lock);
}

ssize_t extfuse_pass_open(struct extfuse_pass *pass)
{
	struct fuse_file *ff = pass->args->ext.made;
	int err;

	if (!S_ISREG(pass->inode->i_mode) || !can_have_data(pass))
		return EXTFUSE_NOT_DONE;
	/* Handles of the daemon's use the page cache: this one has to be its as well. */
	err = extfuse_io_start(pass->inode, ff, pass->cred);
	if (err)
		return err == -EBUSY ? EXTFUSE_NOT_DONE : err;
	err = file_open(pass, ff);
	if (err) {
		extfuse_io_end(pass->inode, ff);
		return err;
	}
	extfuse_size_take(pass->inode, d_inode(pass->path.dentry));
	return 0;
}

ssize_t extfuse_pass_opendir(struct extfuse_pass *pass)
{
	struct fuse_file *ff = pass->args->ext.made;
	struct file *file;

	if (!can_be_ours(pass) || !S_ISDIR(pass->inode->i_mode))
		return EXTFUSE_NOT_DONE;
	file = backing_open(pass);
	if (IS_ERR(file))
		return PTR_ERR(file);
	handle_make(pass, ff, file);
	open_answer(pass->args->out_args[0].value, file);
	return 0;
}

/* It has a node from now on, and the handle is on it. */
static int tmpfile_take(const struct extfuse_pass *dir, struct file *file)
{
	struct extfuse_pass pass = *dir;
	int err;

	if (!can_be_passed(file))
		return -EOPNOTSUPP;
	err = extfuse_entry_found(dir, dget(file->f_path.dentry));
	if (err)
		return err;
	pass.inode = dir->args->ext.node;
	pass.path = file->f_path;
	err = extfuse_io_start(pass.inode, dir->args->ext.made, pass.cred);
	if (err) {
		extfuse_names_undo(dir->args);
		return err;
	}
	handle_make(&pass, dir->args->ext.made, file);
	open_answer(dir->args->out_args[1].value, file);
	return 0;
}

/* As OPEN does: who has a file opened below is not asked where that is. */
ssize_t extfuse_pass_tmpfile(struct extfuse_pass *pass)
{
	const struct fuse_create_in *in = extfuse_in(pass->args, 0)->value;
	const struct file *user = pass->args->ext.file;
	/* O_EXCL: it will never get a name. */
	int flags = (user->f_flags & ~FLAGS_NOT_BELOW) | (in->flags & O_EXCL);
	struct file *file;
	int err;

	if (!can_have_data(pass))
		return EXTFUSE_NOT_DONE;
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	file = extfuse_handle_tmpfile(user, flags, &pass->path, in->mode, pass->cred);
	mnt_drop_write(pass->path.mnt);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = tmpfile_take(pass, file);
	if (err)
		fput(file);
	return err;
}
