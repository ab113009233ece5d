// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passthrough of what is asked and set by node: attributes, access, the file
 * system's figures, the target of a symbolic link.
 *
 * Attributes carry no lifetime: a task that changes the file on the backing file
 * system tells nobody here.
 */
#include "fuse_i.h"
#include "attr.h"
#include "passthrough/pass.h"
#include "compat/statx.h"
#include "compat/vfs.h"
#include <linux/namei.h>
#include <linux/statfs.h>

/* Fills all of @stat.  Security modules were asked about the caller and his path by the VFS. */
static int backing_getattr(const struct extfuse_pass *pass, struct kstat *stat, u32 mask)
{
	/* Also a part of other requests. */
	const struct cred *cred = extfuse_rights_get(pass, FUSE_GETATTR);
	const struct cred *old = override_creds(cred);
	int err;

	err = vfs_getattr_nosec(&pass->path, stat, mask, AT_STATX_SYNC_AS_STAT);
	revert_creds(old);
	put_cred(cred);
	return err;
}

/* Of the root no reply says a number before its attributes are asked for, and here nobody is asked. */
static u64 node_number(const struct extfuse_pass *pass, const struct kstat *stat)
{
	if (get_node_id(pass->inode) == FUSE_ROOT_ID)
		return stat->ino;
	return get_fuse_inode(pass->inode)->orig_ino;
}

/* The node's number is what the daemon said; the type cannot change. */
static bool attr_fill(const struct extfuse_pass *pass, struct fuse_attr *attr,
		      const struct kstat *stat)
{
	extfuse_attr_of_stat(pass->fm->fc, attr, stat);
	attr->ino = node_number(pass, stat);
	return !((stat->mode ^ pass->inode->i_mode) & S_IFMT);
}

/* extfuse_pass_attr - the attributes of a node as they are now */
int extfuse_pass_attr(const struct extfuse_pass *pass, struct fuse_attr *attr)
{
	struct kstat stat extfuse_filled_by_hand;
	int err;

	err = backing_getattr(pass, &stat, STATX_BASIC_STATS);
	if (err)
		return err;
	return attr_fill(pass, attr, &stat) ? 0 : EXTFUSE_NOT_DONE;
}

/* The answer to GETATTR and SETATTR. */
static int attr_answer(const struct extfuse_pass *pass)
{
	struct fuse_attr_out *out = pass->args->out_args[0].value;
	int err;

	err = extfuse_pass_attr(pass, &out->attr);
	if (err)
		return err;
	out->attr_valid = 0;
	out->attr_valid_nsec = 0;
	out->dummy = 0;
	return 0;
}

ssize_t extfuse_pass_getattr(struct extfuse_pass *pass)
{
	return attr_answer(pass);
}

ssize_t extfuse_pass_statx(struct extfuse_pass *pass)
{
	struct fuse_attr_out out = {};
	struct kstat stat;
	int err;

	err = backing_getattr(pass, &stat, STATX_BASIC_STATS | STATX_BTIME);
	if (err)
		return err;
	if (!attr_fill(pass, &out.attr, &stat))
		return EXTFUSE_NOT_DONE;
	extfuse_statx_fill(pass->args, &out, &stat);
	return 0;
}

/*
 * What the VFS takes away beside a change, under the lock of the file below and
 * for the caller: set-id bits and capabilities.  A mode that was asked for says
 * that itself.
 */
static void kills_add(const struct path *path, struct iattr *attr, enum extfuse_kill kill)
{
	struct inode *inode = d_inode(path->dentry);

	if (S_ISDIR(inode->i_mode) || attr->ia_valid & ATTR_MODE)
		return;
	if (attr->ia_valid & ATTR_SIZE || kill == EXTFUSE_KILL_WRITER)
		/* A writer need not be the owner. */
		attr->ia_valid |= ATTR_FORCE | ATTR_KILL_PRIV |
				  setattr_should_drop_suidgid(mnt_idmap(path->mnt), inode);
	else if (attr->ia_valid & (ATTR_UID | ATTR_GID) || kill == EXTFUSE_KILL_OWNER)
		attr->ia_valid |= ATTR_KILL_SUID | ATTR_KILL_PRIV |
				  setattr_should_drop_sgid(mnt_idmap(path->mnt), inode);
}

static int attr_change(const struct path *path, struct iattr *attr, enum extfuse_kill kill)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	inode_lock(inode);
	kills_add(path, attr, kill);
	err = notify_change(mnt_idmap(path->mnt), path->dentry, attr, NULL);
	inode_unlock(inode);
	return err;
}

static int attr_change_size(const struct path *path, struct iattr *attr, bool may_write)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	if (!may_write) {
		err = inode_permission(mnt_idmap(path->mnt), inode, MAY_WRITE);
		if (err)
			return err;
	}
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	err = break_lease(inode, O_WRONLY);
	if (err)
		return err;
	err = get_write_access(inode);
	if (err)
		return err;
	err = attr_change(path, attr, EXTFUSE_KILL_NONE);
	put_write_access(inode);
	return err;
}

/*
 * extfuse_pass_truncate - O_TRUNC of a file that was just opened for it
 */
int extfuse_pass_truncate(const struct extfuse_pass *pass, struct file *file)
{
	struct iattr attr = {
		.ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME | ATTR_OPEN | ATTR_FILE,
		.ia_file = file,
	};
	int err;

	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	err = attr_change_size(&pass->path, &attr, true);
	mnt_drop_write(pass->path.mnt);
	return err;
}

static void time_take(struct iattr *attr, struct timespec64 *to, u64 sec, u32 nsec,
		      unsigned int valid, unsigned int set, bool now)
{
	attr->ia_valid |= valid;
	if (now)
		return;
	attr->ia_valid |= set;
	to->tv_sec = sec;
	to->tv_nsec = nsec;
}

/* As utimensat() tells setattr_prepare(): flags of a file may forbid its times. */
static unsigned int times_valid(u32 valid)
{
	if (!(valid & (FATTR_ATIME | FATTR_MTIME)) || valid & FATTR_SIZE)
		return 0;
	return valid & FATTR_ATIME_NOW && valid & FATTR_MTIME_NOW ? ATTR_TOUCH : ATTR_TIMES_SET;
}

/* What FUSE says of a change in the words of the VFS; false: ids of nobody. */
static bool iattr_take(const struct extfuse_pass *pass, const struct fuse_setattr_in *in,
		       struct iattr *attr)
{
	struct user_namespace *ns = pass->fm->fc->user_ns;
	u32 valid = in->valid;

	attr->ia_valid = times_valid(valid);
	/* Also where chown() names neither owner nor group. */
	if (valid & (FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_ATIME | FATTR_MTIME) || !(valid & FATTR_SIZE))
		attr->ia_valid |= ATTR_CTIME;
	/* What the fork made of a mode that it knew to get rid of bits is not what was asked for. */
	if (valid & FATTR_MODE && !pass->args->ext.kill) {
		attr->ia_valid |= ATTR_MODE;
		attr->ia_mode = (in->mode & S_IALLUGO) | (pass->inode->i_mode & S_IFMT);
	}
	if (valid & FATTR_UID) {
		attr->ia_valid |= ATTR_UID;
		attr->ia_uid = make_kuid(ns, in->uid);
		if (!uid_valid(attr->ia_uid))
			return false;
	}
	if (valid & FATTR_GID) {
		attr->ia_valid |= ATTR_GID;
		attr->ia_gid = make_kgid(ns, in->gid);
		if (!gid_valid(attr->ia_gid))
			return false;
	}
	if (valid & FATTR_SIZE) {
		attr->ia_valid |= ATTR_SIZE;
		attr->ia_size = in->size;
		/* As ftruncate() has it, and truncate() not. */
		if (pass->args->ext.file)
			attr->ia_valid |= ATTR_MTIME | ATTR_CTIME;
	}
	if (valid & FATTR_ATIME)
		time_take(attr, &attr->ia_atime, in->atime, in->atimensec, ATTR_ATIME,
			  ATTR_ATIME_SET, valid & FATTR_ATIME_NOW);
	if (valid & FATTR_MTIME)
		time_take(attr, &attr->ia_mtime, in->mtime, in->mtimensec, ATTR_MTIME,
			  ATTR_MTIME_SET, valid & FATTR_MTIME_NOW);
	return true;
}

/*
 * Has the caller the right to write to the file by having it open?  A handle of
 * ours was checked below when it was opened, also for O_TRUNC.
 */
static bool may_write(const struct file *user)
{
	return user && (user->f_mode & FMODE_WRITE || extfuse_if_ours(user->private_data));
}

/* What is opened on the file below is what is changed. */
static void attr_take_handle(struct extfuse_pass *pass, struct iattr *attr)
{
	if (!pass->ff)
		return;
	attr->ia_valid |= ATTR_FILE;
	attr->ia_file = fuse_file_passthrough(pass->ff);
}

ssize_t extfuse_pass_setattr(struct extfuse_pass *pass)
{
	const struct fuse_setattr_in *in = extfuse_in(pass->args, 0)->value;
	const struct fuse_args *args = pass->args;
	struct iattr attr = {};
	int err;

	if (!iattr_take(pass, in, &attr))
		return EXTFUSE_NOT_DONE;
	attr_take_handle(pass, &attr);
	err = mnt_want_write(pass->path.mnt);
	if (err)
		return err;
	err = attr.ia_valid & ATTR_SIZE ?
	      attr_change_size(&pass->path, &attr, may_write(args->ext.file)) :
	      attr_change(&pass->path, &attr, args->ext.kill);
	mnt_drop_write(pass->path.mnt);
	/* Somebody has a delegation: the daemon can wait for its return. */
	if (err == -EWOULDBLOCK && !pass->ff)
		return EXTFUSE_NOT_DONE;
	return err ?: attr_answer(pass);
}

/* It is a check of the caller itself, so it stands without default_permissions. */
ssize_t extfuse_pass_access(struct extfuse_pass *pass)
{
	const struct fuse_access_in *in = extfuse_in(pass->args, 0)->value;
	struct inode *inode = d_inode(pass->path.dentry);
	int mask = in->mask & (MAY_READ | MAY_WRITE | MAY_EXEC);
	int err;

	err = inode_permission(mnt_idmap(pass->path.mnt), inode, mask);
	/* The VFS asks in this order. */
	if (!err && mask & MAY_WRITE && !special_file(inode->i_mode) &&
	    __mnt_is_readonly(pass->path.mnt))
		return -EROFS;
	return err;
}

ssize_t extfuse_pass_statfs(struct extfuse_pass *pass)
{
	struct fuse_statfs_out *out = pass->args->out_args[0].value;
	struct kstatfs st;
	int err;

	err = vfs_statfs(&pass->path, &st);
	if (err)
		return err;
	memset(out, 0, pass->args->out_args[0].size);
	out->st.blocks = st.f_blocks;
	out->st.bfree = st.f_bfree;
	out->st.bavail = st.f_bavail;
	out->st.files = st.f_files;
	out->st.ffree = st.f_ffree;
	out->st.bsize = st.f_bsize;
	out->st.namelen = st.f_namelen;
	out->st.frsize = st.f_frsize;
	return 0;
}

static ssize_t link_answer(const struct extfuse_pass *pass, const char *target)
{
	struct fuse_args *args = pass->args;
	size_t len = strlen(target);

	if (!len || len > args->out_args[0].size)
		return EXTFUSE_NOT_DONE;
	extfuse_pages_write(args, target, len);
	args->out_args[0].size = len;
	if (args->page_zeroing)
		extfuse_out_zero(args, len);
	return len;
}

ssize_t extfuse_pass_readlink(struct extfuse_pass *pass)
{
	DEFINE_DELAYED_CALL(done);
	const char *target;
	ssize_t ret;

	/* Leads somewhere without a path, as in proc: nothing that could be told. */
	if (d_inode(pass->path.dentry)->i_op->readlink)
		return EXTFUSE_NOT_DONE;
	touch_atime(&pass->path);
	target = vfs_get_link(pass->path.dentry, &done);
	if (!target)
		ret = EXTFUSE_NOT_DONE;
	else
		ret = IS_ERR(target) ? PTR_ERR(target) : link_answer(pass, target);
	do_delayed_call(&done);
	return ret;
}
