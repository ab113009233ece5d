// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing objects: where the nodes of a connection lie on another file system
 * (design section 7).  The daemon gives one for a node with an O_PATH
 * descriptor, which it may close; the object keeps the path, and a reference to
 * the credentials of who opened /dev/extfuse: those many objects share, while a
 * daemon that takes on its callers' ids has ever new ones.  It lives until the
 * daemon drops it or the connection is aborted: evictions do not touch it.
 *
 * The table is made with the first object and taken out at once at the abort;
 * who looks something up holds RCU and takes a reference.
 */
#include "fuse_i.h"
#include "backing.h"
#include "later.h"
#include "compat/dcache.h"
#include "compat/vfs.h"
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/rhashtable.h>

struct extfuse_backings {
	struct rhashtable table;
	atomic_t count;
	refcount_t refs;		/* the connection's, and of who lists them */
	struct work_struct free_work;
};

/* How many are shown to user space at once. */
#define LIST_BATCH	64

/* How many are looked at without leaving RCU. */
#define FIND_BATCH	4096

static struct kmem_cache *backing_cache;

/* Node ids are the daemon's: nobody else chooses them. */
static u32 backing_hash(const void *key, u32 len, u32 seed)
{
	return hash_64(*(const u64 *)key + seed, 32);
}

static int backing_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	return ((const struct extfuse_backing *)obj)->nodeid != *(const u64 *)arg->key;
}

/* With functions of its own, which become a few instructions where they are used. */
static const struct rhashtable_params backing_params = {
	.hashfn = backing_hash,
	.obj_cmpfn = backing_differs,
	.key_len = sizeof(u64),
	.key_offset = offsetof(struct extfuse_backing, nodeid),
	.head_offset = offsetof(struct extfuse_backing, hash),
	.automatic_shrinking = true,
};

/* Objects that nobody can look at any more. */
static LLIST_HEAD(backings_unseen);

static void backing_free(struct extfuse_backing *backing)
{
	path_put(&backing->path);
	put_cred(backing->cred);
	kmem_cache_free(backing_cache, backing);
}

static void backings_unseen_work(struct work_struct *work)
{
	struct extfuse_backing *backing, *next;

	llist_for_each_entry_safe(backing, next, llist_del_all(&backings_unseen), unseen) {
		backing_free(backing);
		cond_resched();
	}
}

static DECLARE_WORK(unseen_work, backings_unseen_work);

static void backing_unseen(struct rcu_head *rcu)
{
	struct extfuse_backing *backing = container_of(rcu, struct extfuse_backing, rcu);

	/* What was there already has had its work queued. */
	if (llist_add(&backing->unseen, &backings_unseen))
		extfuse_free_later(&unseen_work);
}

/*
 * Who looks at an object under RCU looks at what its path leads to as well.  Not
 * every file system frees a dentry after a grace period (memfd's does not), so
 * the path waits for that here; it is put from a work item, for that may sleep.
 */
void extfuse_backing_put(struct extfuse_backing *backing)
{
	if (refcount_dec_and_test(&backing->refs))
		call_rcu(&backing->rcu, backing_unseen);
}

/* The object of a node, or NULL; for as long as RCU is held. */
static struct extfuse_backing *backing_find(struct extfuse_conn *xc, const u64 *nodeid)
{
	struct extfuse_backings *all = rcu_dereference(xc->backings);

	return all ? rhashtable_lookup(&all->table, nodeid, backing_params) : NULL;
}

/*
 * extfuse_backing_get - the object of a node, with a reference, or NULL
 */
struct extfuse_backing *extfuse_backing_get(struct extfuse_conn *xc, u64 nodeid)
{
	struct extfuse_backing *backing;

	rcu_read_lock();
	backing = backing_find(xc, &nodeid);
	if (backing && !refcount_inc_not_zero(&backing->refs))
		backing = NULL;
	rcu_read_unlock();
	return backing;
}

/* extfuse_has_backing - can what is kept of a node be old, though nobody told us? */
bool extfuse_has_backing(struct extfuse_conn *xc, u64 nodeid)
{
	bool has;

	rcu_read_lock();
	has = backing_find(xc, &nodeid);
	rcu_read_unlock();
	return has;
}

/* extfuse_backing_is_of - was the object given for this inode?  A node id may be used again. */
bool extfuse_backing_is_of(const struct extfuse_backing *backing, const struct inode *inode)
{
	/* No reply has ever told the kernel of the root's generation. */
	return backing->nodeid == FUSE_ROOT_ID || (u32)backing->generation == inode->i_generation;
}

/*
 * extfuse_backing_perm_same - does the fork know owner and mode as they are below?
 *
 * Asked in RCU walk.  The mode has the type in it.  Where the file system below has its own way to tell who
 * may, what its inode says need not be all.
 */
bool extfuse_backing_perm_same(struct extfuse_conn *xc, struct inode *inode)
{
	const struct fuse_inode *fi = get_fuse_inode(inode);
	const struct extfuse_backing *backing;
	const struct inode *low = NULL;
	bool same;

	rcu_read_lock();
	backing = backing_find(xc, &fi->nodeid);
	if (backing && extfuse_backing_is_of(backing, inode) && !is_idmapped_mnt(backing->path.mnt))
		low = d_inode(backing->path.dentry);
	same = low && !low->i_op->permission && READ_ONCE(low->i_mode) == fi->orig_i_mode &&
	       uid_eq(low->i_uid, inode->i_uid) && gid_eq(low->i_gid, inode->i_gid);
	rcu_read_unlock();
	return same;
}

/* Where there is no room for objects, what has none may lie anywhere. */
static bool node_folds(struct extfuse_backings *all, u32 max, u64 nodeid)
{
	const struct extfuse_backing *backing;

	backing = rhashtable_lookup(&all->table, &nodeid, backing_params);
	return backing ? extfuse_dentry_folds(backing->path.dentry) : atomic_read(&all->count) >= max;
}

/* extfuse_names_fold - may the directory below take a name of this request for another? */
bool extfuse_names_fold(struct extfuse_conn *xc, const struct fuse_args *args)
{
	u32 max = READ_ONCE(xc->max_backing);
	struct extfuse_backings *all;
	bool folds = false;

	rcu_read_lock();
	all = rcu_dereference(xc->backings);
	if (all)
		folds = node_folds(all, max, args->nodeid) ||
			(args->ext.dir2 && node_folds(all, max, get_node_id(args->ext.dir2)));
	rcu_read_unlock();
	return folds;
}

/* A file system says so first; a mount, where the caller might do it otherwise. */
static bool path_is_readonly(const struct path *path, int mask)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	if (!__mnt_is_readonly(path->mnt))
		return false;
	if (sb_rdonly(inode->i_sb))
		return true;
	err = inode_permission(mnt_idmap(path->mnt), inode, mask | MAY_NOT_BLOCK);
	return !err || err == -ECHILD;
}

/* extfuse_backing_is_readonly - must nothing be written to what lies below a node, for that reason? */
bool extfuse_backing_is_readonly(struct extfuse_conn *xc, u64 nodeid, int mask)
{
	const struct extfuse_backing *backing;
	bool readonly;

	rcu_read_lock();
	backing = backing_find(xc, &nodeid);
	readonly = backing && path_is_readonly(&backing->path, mask & (MAY_READ | MAY_WRITE | MAY_EXEC));
	rcu_read_unlock();
	return readonly;
}

/*
 * extfuse_is_mapped_below - has somebody a shared mapping, that may be written, of what lies below?
 *
 * Until 6.8 nothing of the mount is in such a mapping: the inode that knows of it
 * may have gone, and come again.
 */
bool extfuse_is_mapped_below(struct inode *inode)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));
	const struct extfuse_backing *backing;
	bool mapped;

	if (!xc || !rcu_access_pointer(xc->backings))
		return false;
	rcu_read_lock();
	backing = backing_find(xc, &get_fuse_inode(inode)->nodeid);
	mapped = backing && extfuse_backing_is_of(backing, inode) &&
		 mapping_writably_mapped(d_inode(backing->path.dentry)->i_mapping);
	rcu_read_unlock();
	return mapped;
}

/*
 * How deeply the mounts of a connection are stacked; 0: nothing can lie below
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

/* What can lie below a node of this connection. */
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

static struct extfuse_backing *backing_make(const struct extfuse_ioc_backing *arg,
					    const struct path *path, const struct cred *cred)
{
	struct extfuse_backing *backing = kmem_cache_zalloc(backing_cache, GFP_KERNEL_ACCOUNT);

	if (!backing)
		return NULL;
	backing->nodeid = arg->nodeid;
	backing->generation = arg->generation;
	backing->path = *path;
	path_get(&backing->path);
	backing->cred = get_cred(cred);
	refcount_set(&backing->refs, 1);
	return backing;
}

/* Of a table that nobody has seen since a grace period. */
static void backings_free_one(void *ptr, void *arg)
{
	struct extfuse_backing *backing = ptr;

	if (refcount_dec_and_test(&backing->refs))
		backing_free(backing);
}

static void backings_free_work(struct work_struct *work)
{
	struct extfuse_backings *all = container_of(work, struct extfuse_backings, free_work);

	/* Who saw it before it was taken out may still insert. */
	synchronize_rcu();
	rhashtable_free_and_destroy(&all->table, backings_free_one, NULL);
	kfree(all);
}

static void backings_put(struct extfuse_backings *all)
{
	if (refcount_dec_and_test(&all->refs))
		extfuse_free_later(&all->free_work);
}

/* extfuse_backings_abort - the connection is gone: its objects go now */
void extfuse_backings_abort(struct extfuse_conn *xc)
{
	struct extfuse_backings *all = xchg((struct extfuse_backings **)&xc->backings, NULL);

	if (all)
		backings_put(all);
}

static int backings_make(struct extfuse_conn *xc)
{
	struct extfuse_backings *all;
	int err;

	if (rcu_access_pointer(xc->backings))
		return 0;
	all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return -ENOMEM;
	err = rhashtable_init(&all->table, &backing_params);
	if (err) {
		kfree(all);
		return err;
	}
	refcount_set(&all->refs, 1);
	INIT_WORK(&all->free_work, backings_free_work);
	/* Somebody may have been quicker. */
	if (cmpxchg((struct extfuse_backings **)&xc->backings, NULL, all)) {
		rhashtable_destroy(&all->table);
		kfree(all);
	}
	return 0;
}

static int backing_insert(struct extfuse_conn *xc, struct extfuse_backing *backing)
{
	struct extfuse_backings *all;
	int err = -ENOTCONN;

	rcu_read_lock();
	all = rcu_dereference(xc->backings);
	if (!all)
		goto out;
	err = -ENOSPC;
	if (atomic_inc_return(&all->count) > READ_ONCE(xc->max_backing))
		goto out_count;
	err = rhashtable_lookup_insert_fast(&all->table, &backing->hash, backing_params);
	if (!err)
		goto out;
out_count:
	atomic_dec(&all->count);
out:
	rcu_read_unlock();
	return err;
}

static int backing_publish(struct fuse_conn *fc, struct extfuse_conn *xc,
			   struct extfuse_backing *backing)
{
	int err;

	if (!extfuse_conn_is_ready(fc))
		return -ENOTCONN;
	err = backings_make(xc);
	if (!err)
		err = backing_insert(xc, backing);
	/* Abort clears connected, then takes the table: one of us sees the other. */
	smp_mb();
	if (!extfuse_conn_is_connected(fc))
		extfuse_backings_abort(xc);
	return err;
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
	backing = backing_make(arg, path, cred);
	if (!backing)
		return -ENOMEM;
	err = backing_publish(fc, xc, backing);
	if (err)
		extfuse_backing_put(backing);
	return err;
}

static bool backing_arg_is_valid(const struct extfuse_ioc_backing *arg)
{
	return !arg->flags && arg->nodeid && !arg->reserved[0] && !arg->reserved[1] &&
	       !arg->reserved[2];
}

/* EXTFUSE_IOC_BACKING_ADD */
long extfuse_ioctl_backing_add(struct fuse_conn *fc, struct extfuse_conn *xc,
			       const struct extfuse_ioc_backing *arg, const struct cred *cred)
{
	struct file *file;
	int err;

	if (!backing_arg_is_valid(arg))
		return -EINVAL;
	file = fget_raw(arg->fd);
	if (!file)
		return -EBADF;
	err = backing_add(fc, xc, arg, &file->f_path, cred);
	fput(file);
	return err;
}

/* EXTFUSE_IOC_BACKING_DROP; requests that have begun keep their reference. */
long extfuse_ioctl_backing_drop(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg)
{
	struct extfuse_backing *backing;
	struct extfuse_backings *all;
	int err = -ENOENT;

	if (!backing_arg_is_valid(arg) || arg->fd)
		return -EINVAL;
	rcu_read_lock();
	all = rcu_dereference(xc->backings);
	backing = all ? rhashtable_lookup(&all->table, &arg->nodeid, backing_params) : NULL;
	if (backing && backing->generation == arg->generation)
		err = rhashtable_remove_fast(&all->table, &backing->hash, backing_params);
	if (!err)
		atomic_dec(&all->count);
	rcu_read_unlock();
	/* Whoever removed it has the table's reference. */
	if (!err)
		extfuse_backing_put(backing);
	return err;
}

/* An O_PATH descriptor of an object, with a reference to it held by the caller. */
static int backing_open(const struct extfuse_backing *backing, __s32 __user *ufd)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = dentry_open(&backing->path, O_PATH | O_CLOEXEC, backing->cred);
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

/* EXTFUSE_IOC_BACKING_OPEN */
long extfuse_ioctl_backing_open(struct extfuse_conn *xc, const struct extfuse_ioc_backing *arg,
				struct extfuse_ioc_backing __user *uarg)
{
	struct extfuse_backing *backing;
	int err = -ENOENT;

	if (!backing_arg_is_valid(arg) || arg->fd)
		return -EINVAL;
	backing = extfuse_backing_get(xc, arg->nodeid);
	if (!backing)
		return -ENOENT;
	if (backing->generation == arg->generation)
		err = backing_open(backing, &uarg->fd);
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

static struct extfuse_backings *backings_get(struct extfuse_conn *xc)
{
	struct extfuse_backings *all;

	rcu_read_lock();
	all = rcu_dereference(xc->backings);
	if (all && !refcount_inc_not_zero(&all->refs))
		all = NULL;
	rcu_read_unlock();
	return all;
}

/* With a reference, the next that is wanted; NULL: these were all, or @most have been looked at. */
static struct extfuse_backing *find_next(struct rhashtable_iter *iter,
					 bool (*wanted)(const struct extfuse_backing *, void *),
					 void *arg, unsigned int *most)
{
	struct extfuse_backing *backing;

	while (*most) {
		backing = rhashtable_walk_next(iter);
		/* The table has grown meanwhile: it begins anew. */
		if (IS_ERR(backing))
			continue;
		if (!backing)
			return NULL;
		if (wanted(backing, arg) && refcount_inc_not_zero(&backing->refs))
			return backing;
		--*most;
	}
	return NULL;
}

/*
 * extfuse_backing_find - an object that @wanted says yes to, with a reference, or NULL
 *
 * @wanted is called under RCU.
 */
struct extfuse_backing *extfuse_backing_find(struct extfuse_conn *xc,
					     bool (*wanted)(const struct extfuse_backing *, void *),
					     void *arg)
{
	struct extfuse_backings *all = backings_get(xc);
	struct extfuse_backing *backing = NULL;
	struct rhashtable_iter iter;
	unsigned int most = 0;

	if (!all)
		return NULL;
	rhashtable_walk_enter(&all->table, &iter);
	/* RCU is left now and then: there may be a million. */
	while (!backing && !most) {
		most = FIND_BATCH;
		rhashtable_walk_start(&iter);
		backing = find_next(&iter, wanted, arg, &most);
		rhashtable_walk_stop(&iter);
		cond_resched();
	}
	rhashtable_walk_exit(&iter);
	backings_put(all);
	return backing;
}

/* EXTFUSE_IOC_BACKING_LIST */
long extfuse_ioctl_backing_list(struct extfuse_conn *xc, struct extfuse_ioc_backing_list *arg,
				void __user *uarg)
{
	struct extfuse_backings *all;
	long done = 0;

	if (arg->flags || arg->reserved[0] || arg->reserved[1])
		return -EINVAL;
	arg->total = 0;
	all = backings_get(xc);
	if (all) {
		arg->total = atomic_read(&all->count);
		if (arg->count)
			done = list_write(all, arg->count, u64_to_user_ptr(arg->infos));
		backings_put(all);
	}
	if (done < 0)
		return done;
	arg->count = done;
	arg->max = READ_ONCE(xc->max_backing);
	return copy_to_user(uarg, arg, sizeof(*arg)) ? -EFAULT : 0;
}

/* EXTFUSE_IOC_BACKING_LIMIT */
long extfuse_ioctl_backing_limit(struct extfuse_conn *xc, const struct extfuse_ioc_backing_limit *arg)
{
	if (arg->flags || arg->reserved || arg->max > INT_MAX)
		return -EINVAL;
	WRITE_ONCE(xc->max_backing, arg->max);
	return 0;
}

int extfuse_backing_init(void)
{
	backing_cache = KMEM_CACHE(extfuse_backing, SLAB_ACCOUNT);
	return backing_cache ? 0 : -ENOMEM;
}

/* All connections are gone: their tables go, then the objects that those left. */
void extfuse_backing_exit(void)
{
	extfuse_free_wait();
	rcu_barrier();
	flush_work(&unseen_work);
	kmem_cache_destroy(backing_cache);
}
