// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks about backing objects: EXTFUSE_IOC_BACKING_*.
 */
#include "fuse_i.h"
#include "passthrough/backing.h"
#include "passthrough/backing_ioctl.h"
#include "tree/upcall.h"
#include <linux/file.h>
#include <linux/module.h>

/* How many are shown to user space at once. */
#define LIST_BATCH	64

/*
 * How deeply the mounts of a connection are stacked; 0: nothing can be below
 * them; -ENOTCONN: none is left.
 */
static int conn_depth(struct fuse_conn *fc)
{
	struct fuse_mount *fm;
	int depth = INT_MAX;

	down_read(&fc->killsb);
	list_for_each_entry(fm, &fc->mounts, fc_entry) {
		if (fm->sb)
			depth = min(depth, fm->sb->s_stack_depth);
	}
	up_read(&fc->killsb);
	return depth == INT_MAX ? -ENOTCONN : depth;
}

/* May it be below a node of this connection? */
static int backing_check(struct fuse_conn *fc, const struct path *path)
{
	const struct super_block *sb = path->dentry->d_sb;
	umode_t mode = d_backing_inode(path->dentry)->i_mode;
	int depth = conn_depth(fc);

	if (depth < 0)
		return depth;
	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		return -EOPNOTSUPP;
	/* On a mount of ours, or on what is stacked on this one: that is deeper. */
	if (sb->s_type->owner == THIS_MODULE || sb->s_stack_depth >= depth)
		return -ELOOP;
	return 0;
}

static int backing_add(struct fuse_conn *fc, struct extfuse_conn *xc,
		       const struct extfuse_ioc_backing *arg, const struct path *path,
		       const struct cred *cred)
{
	struct extfuse_backing *backing;
	int err;

	err = backing_check(fc, path);
	if (err)
		return err;
	if (!extfuse_conn_is_ready(fc))
		return -ENOTCONN;
	backing = extfuse_backing_make(arg, path, cred);
	if (!backing)
		return -ENOMEM;
	err = extfuse_backing_publish(fc, xc, backing);
	if (err)
		extfuse_backing_put(backing);
	return err;
}

/*
 * Nothing of a tree is in the table: whoever unmounts it lets go what is below with the
 * last inode, and no grace period is waited for.
 */
static int tree_add(struct fuse_conn *fc, struct extfuse_conn *xc,
		    const struct extfuse_ioc_backing *arg, const struct path *path,
		    const struct cred *cred)
{
	int err;

	if (arg->nodeid != FUSE_ROOT_ID || arg->generation)
		return -EINVAL;
	err = extfuse_tree_check(fc, path);
	if (!err)
		err = backing_check(fc, path);
	if (err)
		return err;
	if (!extfuse_conn_is_connected(fc))
		return -ENOTCONN;
	err = extfuse_backings_begin(fc, xc);
	return err ?: extfuse_tree_make(fc, xc, path, cred, &extfuse_tree_export_ops);
}

static bool backing_arg_is_valid(const struct extfuse_ioc_backing *arg)
{
	return !arg->flags && arg->nodeid && !arg->reserved[0] && !arg->reserved[1] &&
	       !arg->reserved[2];
}

/* Nodes of a tree have what they were found by. */
static bool add_arg_is_valid(const struct extfuse_conn *xc, struct extfuse_ioc_backing arg)
{
	if (!(arg.flags & EXTFUSE_BACKING_TREE) && extfuse_is_in_tree(xc, arg.nodeid))
		return false;
	arg.flags &= ~EXTFUSE_BACKING_TREE;
	return backing_arg_is_valid(&arg);
}

/* EXTFUSE_IOC_BACKING_ADD */
long extfuse_ioctl_backing_add(struct fuse_conn *fc, struct extfuse_conn *xc,
			       const struct extfuse_ioc_backing *arg, const struct cred *cred)
{
	struct file *file;
	int err;

	if (!add_arg_is_valid(xc, *arg))
		return -EINVAL;
	file = fget_raw(arg->fd);
	if (!file)
		return -EBADF;
	if (arg->flags & EXTFUSE_BACKING_TREE)
		err = tree_add(fc, xc, arg, &file->f_path, cred);
	else
		err = backing_add(fc, xc, arg, &file->f_path, cred);
	fput(file);
	return err;
}

/* EXTFUSE_IOC_BACKING_DROP; requests that have begun keep their reference. */
long extfuse_ioctl_backing_drop(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg)
{
	if (!backing_arg_is_valid(arg) || arg->fd)
		return -EINVAL;
	return extfuse_backing_remove(xc, arg->nodeid, arg->generation);
}

/* An O_PATH descriptor, to where the caller holds references. */
static int path_open(const struct path *path, const struct cred *cred, __s32 __user *ufd)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = dentry_open(path, O_PATH | O_CLOEXEC, cred);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	if (put_user(fd, ufd)) {
		fput(file);
		put_unused_fd(fd);
		return -EFAULT;
	}
	fd_install(fd, file);
	return 0;
}

/* A node of a tree, which a request names that the daemon is at work on. */
static int upcall_open(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg,
		       const struct cred *cred, __s32 __user *ufd)
{
	struct path path;
	int err;

	if (arg->generation || !extfuse_upcall_find(xc, arg->nodeid, &path))
		return -ENOENT;
	err = path_open(&path, cred, ufd);
	path_put(&path);
	return err;
}

/* EXTFUSE_IOC_BACKING_OPEN */
long extfuse_ioctl_backing_open(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg,
				struct extfuse_ioc_backing __user *uarg, const struct cred *cred)
{
	struct extfuse_backing *backing;
	int err = -ENOENT;

	if (!backing_arg_is_valid(arg) || arg->fd)
		return -EINVAL;
	if (extfuse_is_in_tree(xc, arg->nodeid))
		return upcall_open(xc, arg, cred, &uarg->fd);
	backing = extfuse_backing_get(xc, arg->nodeid);
	if (!backing)
		return -ENOENT;
	if (backing->generation == arg->generation)
		err = path_open(&backing->path, backing->cred, &uarg->fd);
	extfuse_backing_put(backing);
	return err;
}

/* Under RCU: an object that is dropped meanwhile keeps its path for as long. */
static void info_fill(struct extfuse_backing_info *info, const struct extfuse_backing *backing)
{
	const struct inode *inode = d_inode(backing->path.dentry);

	info->nodeid = backing->nodeid;
	info->generation = backing->generation;
	info->ino = inode->i_ino;
	info->dev = new_encode_dev(inode->i_sb->s_dev);
	info->mode = inode->i_mode;
}

/* The next few; fewer than there is room for: these were the last. */
static unsigned int list_next(struct rhashtable_iter *iter, struct extfuse_backing_info *infos,
			      unsigned int room)
{
	struct extfuse_backing *backing;
	unsigned int n = 0;

	rhashtable_walk_start(iter);
	while (n < room) {
		backing = rhashtable_walk_next(iter);
		/* The table has grown meanwhile: it begins anew. */
		if (IS_ERR(backing))
			continue;
		if (!backing)
			break;
		info_fill(&infos[n++], backing);
	}
	rhashtable_walk_stop(iter);
	return n;
}

static long list_write(struct extfuse_backings *all, u32 room,
		       struct extfuse_backing_info __user *to)
{
	struct extfuse_backing_info *infos;
	struct rhashtable_iter iter;
	u32 done = 0, n, want;
	long err = 0;

	infos = kcalloc(LIST_BATCH, sizeof(*infos), GFP_KERNEL);
	if (!infos)
		return -ENOMEM;
	rhashtable_walk_enter(&all->table, &iter);
	do {
		want = min_t(u32, room - done, LIST_BATCH);
		n = list_next(&iter, infos, want);
		if (copy_to_user(to + done, infos, n * sizeof(*infos)))
			err = -EFAULT;
		done += n;
		cond_resched();
	} while (!err && n == want && done < room && !fatal_signal_pending(current));
	rhashtable_walk_exit(&iter);
	kfree(infos);
	return err ?: done;
}

/* EXTFUSE_IOC_BACKING_LIST */
long extfuse_ioctl_backing_list(struct extfuse_conn *xc, struct extfuse_ioc_backing_list *arg)
{
	struct extfuse_backings *all;
	long done = 0;

	if (arg->flags || arg->reserved[0] || arg->reserved[1])
		return -EINVAL;
	arg->total = 0;
	all = extfuse_backings_get(xc);
	if (all) {
		arg->total = atomic_read(&all->count);
		if (arg->count)
			done = list_write(all, arg->count, u64_to_user_ptr(arg->infos));
		extfuse_backings_put(all);
	}
	if (done < 0)
		return done;
	arg->count = done;
	arg->max = READ_ONCE(xc->max_backing);
	return 0;
}

/* EXTFUSE_IOC_BACKING_LIMIT */
long extfuse_ioctl_backing_limit(struct extfuse_conn *xc, const struct extfuse_ioc_backing_limit *arg)
{
	if (arg->flags || arg->reserved || arg->max > INT_MAX)
		return -EINVAL;
	WRITE_ONCE(xc->max_backing, arg->max);
	return 0;
}
