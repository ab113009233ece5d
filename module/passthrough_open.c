// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of OPEN and OPENDIR: a handle of ours, from here to its release.
 *
 * The decision falls here, once: the daemon never hears of such a handle, and
 * what is done with it is done on the backing file, also after a detach, an
 * abort or the object's end (rule 5.2).  It is done with the credentials of
 * the opener, see extfuse_pass_cred(); a task that may less than the opener,
 * or more, and has the file from him writes with that: see extfuse_io_cred().
 */
#include "fuse_i.h"
#include "passthrough.h"
#include "compat/vfs.h"
#include <linux/file.h>

/* Done by the VFS already; O_APPEND may be switched by fcntl(), so each write says it. */
#define FLAGS_NOT_BELOW	(O_APPEND | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* Capabilities in another user namespace count for nothing below. */
static bool caller_has(const struct cred *cred, int cap)
{
	const struct cred *caller = current_cred();

	return caller->user_ns == cred->user_ns && cap_raised(caller->cap_effective, cap);
}

static bool caller_lacks(const struct cred *cred, int cap)
{
	return cap_raised(cred->cap_effective, cap) && !caller_has(cred, cap);
}

static bool caller_exceeds(const struct cred *cred, int cap)
{
	return !cap_raised(cred->cap_effective, cap) && caller_has(cred, cap);
}

/* The opener's without what lifts limits; made when it is first needed. */
static noinline const struct cred *cred_limited(struct fuse_file *ff)
{
	const struct cred *limited = READ_ONCE(ff->ext_cred), *old;
	struct cred *cred;

	if (limited)
		return limited;
	old = override_creds(extfuse_handle_cred(ff));
	cred = prepare_creds();
	revert_creds(old);
	/* Then with what the writer has himself. */
	if (!cred)
		return current_cred();
	cap_lower(cred->cap_effective, CAP_FSETID);
	cap_lower(cred->cap_effective, CAP_SYS_RESOURCE);
	limited = cmpxchg(&ff->ext_cred, NULL, cred);
	if (!limited)
		return cred;
	put_cred(cred);
	return limited;
}

/*
 * extfuse_io_cred - with what rights data is written on a handle
 *
 * Set-id bits go, and reserved blocks are refused, as for who writes.
 */
const struct cred *extfuse_io_cred(struct fuse_file *ff)
{
	const struct cred *cred = extfuse_handle_cred(ff);

	if (!ff->ext_own)
		return cred;
	if (unlikely(caller_lacks(cred, CAP_FSETID) || caller_lacks(cred, CAP_SYS_RESOURCE)))
		return cred_limited(ff);
	if (unlikely(caller_exceeds(cred, CAP_FSETID) || caller_exceeds(cred, CAP_SYS_RESOURCE)))
		return current_cred();
	return cred;
}

/* Call site: the end of a handle on a backing file, of ours or of the daemon's. */
void extfuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb)
{
	fuse_passthrough_release(ff, fb);
	put_cred(ff->ext_cred);
	ff->ext_cred = NULL;
}

/* extfuse_handle_undo - a handle that nobody will get: a reply program refused it */
void extfuse_handle_undo(struct inode *inode, struct fuse_file *ff)
{
	if (S_ISREG(inode->i_mode))
		extfuse_io_end(inode, ff);
	extfuse_passthrough_release(ff, NULL);
	ff->ext_own = false;
}

/* Said where it is noticed; the mount goes on, and the daemon serves its data. */
static void writeback_warn(struct extfuse_conn *xc, const struct fuse_conn *fc)
{
	if (xchg(&xc->writeback_logged, true))
		return;
	pr_info("connection %u: the daemon asked for the writeback cache, so file data is not passed through; mount without it (-o no_writeback_cache or the like) to have that\n",
		fc->dev);
}

/* What the VFS would ask of the file below; it may be of another mode than the fork knows. */
static int may_open(const struct extfuse_pass *pass, const struct file *user,
		    const struct cred *cred)
{
	struct inode *inode = d_inode(pass->path.dentry);
	int mask = MAY_OPEN;

	if (IS_APPEND(inode) && ((user->f_mode & FMODE_WRITE && !(user->f_flags & O_APPEND)) ||
				 user->f_flags & O_TRUNC))
		return -EPERM;
	/* Whoever creates a file may open it, whatever its mode is; but is it that file? */
	if (user->f_mode & FMODE_CREATED && extfuse_pass_is_owner(pass, cred))
		return 0;
	/* Who executes a file need not be able to read it. */
	if (user->f_flags & __FMODE_EXEC)
		mask |= MAY_EXEC;
	else if (user->f_mode & FMODE_READ)
		mask |= MAY_READ;
	if (user->f_mode & FMODE_WRITE || user->f_flags & O_TRUNC)
		mask |= MAY_WRITE;
	return inode_permission(mnt_idmap(pass->path.mnt), inode, mask);
}

static int flags_below(const struct extfuse_pass *pass, const struct file *user)
{
	int flags = user->f_flags & ~FLAGS_NOT_BELOW;

	/* Nothing that fcntl() does changes that such a file is only appended to. */
	return IS_APPEND(d_inode(pass->path.dentry)) ? flags | (user->f_flags & O_APPEND) : flags;
}

/* With the opener's credentials. */
static struct file *backing_open(const struct extfuse_pass *pass, const struct cred *cred)
{
	const struct file *user = pass->args->ext.file;
	const struct cred *old = override_creds(cred);
	int flags = flags_below(pass, user);
	struct file *file;
	int err;

	err = may_open(pass, user, cred);
	if (err)
		file = ERR_PTR(err);
	else if (S_ISDIR(pass->inode->i_mode))
		file = dentry_open(&pass->path, flags, cred);
	else
		file = extfuse_handle_open(user, flags, &pass->path, cred);
	revert_creds(old);
	return file;
}

/*
 * Nothing is added: some files tell who reads them more if he was privileged
 * when he opened them.
 */
static const struct cred *open_cred(struct extfuse_pass *pass)
{
	extfuse_via_set(pass->args, pass->args->ext.file);
	return extfuse_pass_cred(pass, false);
}

static void open_answer(const struct extfuse_pass *pass, const struct file *file)
{
	struct fuse_open_out *out = pass->args->out_args[0].value;

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
static int file_open(const struct extfuse_pass *pass, struct fuse_file *ff, const struct cred *cred)
{
	const struct fuse_open_in *in = extfuse_in(pass->args, 0)->value;
	struct file *file = backing_open(pass, cred);
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!can_be_passed(file)) {
		fput(file);
		return EXTFUSE_UPCALL;
	}
	if (in->flags & O_TRUNC) {
		err = extfuse_pass_truncate(pass, file, cred);
		if (err) {
			fput(file);
			return err;
		}
	}
	extfuse_handle_set(ff, file, cred);
	open_answer(pass, file);
	return 0;
}

/*
 * extfuse_pass_size_take - the size as it is below
 *
 * The VFS looks at it before it asks us, to copy a range for one.
 */
void extfuse_pass_size_take(const struct extfuse_pass *pass)
{
	struct fuse_inode *fi = get_fuse_inode(pass->inode);
	loff_t size = i_size_read(d_inode(pass->path.dentry));

	if (size == i_size_read(pass->inode))
		return;
	spin_lock(&fi->lock);
	fi->attr_version = atomic64_inc_return(&pass->fm->fc->attr_version);
	i_size_write(pass->inode, size);
	spin_unlock(&fi->lock);
}

ssize_t extfuse_pass_open(struct extfuse_pass *pass)
{
	struct fuse_file *ff = pass->args->ext.ff;
	const struct cred *cred;
	int err;

	/* The kernel itself opens for FS_IOC_GETFLAGS and the like. */
	if (!EXTFUSE_HANDLES || !pass->args->ext.file || !S_ISREG(pass->inode->i_mode))
		return EXTFUSE_UPCALL;
	if (pass->fm->fc->writeback_cache) {
		writeback_warn(pass->xc, pass->fm->fc);
		return EXTFUSE_UPCALL;
	}
	cred = open_cred(pass);
	if (!cred)
		return -ENOMEM;
	/* Handles of the daemon's use the page cache: this one has to be its as well. */
	err = extfuse_io_start(pass->inode, ff, cred);
	if (err) {
		put_cred(cred);
		return err == -EBUSY ? EXTFUSE_UPCALL : err;
	}
	err = file_open(pass, ff, cred);
	if (err) {
		extfuse_io_end(pass->inode, ff);
		put_cred(cred);
		return err;
	}
	extfuse_pass_size_take(pass);
	/* What can be had without waiting can be had through us. */
	pass->args->ext.file->f_mode |= fuse_file_passthrough(ff)->f_mode & FMODE_NOWAIT;
	ff->ext_own = true;
	return 0;
}

ssize_t extfuse_pass_opendir(struct extfuse_pass *pass)
{
	struct fuse_file *ff = pass->args->ext.ff;
	const struct cred *cred;
	struct file *file;

	if (!EXTFUSE_HANDLES || !pass->args->ext.file || !S_ISDIR(pass->inode->i_mode))
		return EXTFUSE_UPCALL;
	cred = open_cred(pass);
	if (!cred)
		return -ENOMEM;
	file = backing_open(pass, cred);
	if (IS_ERR(file)) {
		put_cred(cred);
		return PTR_ERR(file);
	}
	extfuse_handle_set(ff, file, cred);
	open_answer(pass, file);
	ff->ext_own = true;
	return 0;
}
