// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing objects: where the nodes of a connection are on another file system
 * (design section 7).  The daemon gives one for a node with an O_PATH
 * descriptor, which it may close; the object keeps the path, and a reference to
 * the credentials of the opener of /dev/extfuse: those many objects share, while a
 * daemon that takes on its callers' ids has ever new ones.  It lives until the
 * daemon drops it or the connection is aborted: evictions do not touch it.
 *
 * The table is made with the first object and taken out at once at the abort; a
 * lookup holds RCU and takes a reference.
 */
#include "fuse_i.h"
#include "later.h"
#include "passthrough/backing.h"
#include <linux/cred.h>

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
 * A reader of an object under RCU reads what its path leads to as well.  Not
 * every file system frees a dentry after a grace period (memfd's does not), so
 * the path waits for that here; it is put from a work item, for that may sleep.
 */
void extfuse_backing_put(struct extfuse_backing *backing)
{
	if (refcount_dec_and_test(&backing->refs))
		call_rcu(&backing->rcu, backing_unseen);
}

struct extfuse_backing *extfuse_backing_peek(struct extfuse_conn *xc, const u64 *nodeid)
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
	backing = extfuse_backing_peek(xc, &nodeid);
	if (backing && !refcount_inc_not_zero(&backing->refs))
		backing = NULL;
	rcu_read_unlock();
	return backing;
}

/* extfuse_has_backing - can what is kept of a node be old, though nobody told us? */
bool extfuse_has_backing(struct extfuse_conn *xc, u64 nodeid)
{
	bool has;

	if (extfuse_is_in_tree(xc, nodeid))
		return true;
	rcu_read_lock();
	has = extfuse_backing_peek(xc, &nodeid);
	rcu_read_unlock();
	return has;
}

/* extfuse_backing_is_of - was the object given for this inode?  A node id may be used again. */
bool extfuse_backing_is_of(const struct extfuse_backing *backing, const struct inode *inode)
{
	/* No reply has ever told the kernel of the root's generation. */
	return backing->nodeid == FUSE_ROOT_ID || (u32)backing->generation == inode->i_generation;
}

struct extfuse_backing *extfuse_backing_make(const struct extfuse_ioc_backing *arg,
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

	/* A task that saw it before it was taken out may still insert. */
	synchronize_rcu();
	rhashtable_free_and_destroy(&all->table, backings_free_one, NULL);
	kfree(all);
}

void extfuse_backings_put(struct extfuse_backings *all)
{
	if (refcount_dec_and_test(&all->refs))
		extfuse_free_later(&all->free_work);
}

/* extfuse_backings_abort - the connection is gone: its objects go now */
void extfuse_backings_abort(struct extfuse_conn *xc)
{
	struct extfuse_backings *all = unrcu_pointer(xchg(&xc->backings, NULL));

	if (all)
		extfuse_backings_put(all);
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
	if (unrcu_pointer(cmpxchg(&xc->backings, NULL, RCU_INITIALIZER(all)))) {
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

/* Abort clears connected, then takes the table: one of us sees the other. */
static void backings_made(struct fuse_conn *fc, struct extfuse_conn *xc)
{
	/* Pairs with the full barrier of the exchange in extfuse_backings_abort(). */
	smp_mb();
	if (!extfuse_conn_is_connected(fc))
		extfuse_backings_abort(xc);
}

int extfuse_backing_publish(struct fuse_conn *fc, struct extfuse_conn *xc,
			    struct extfuse_backing *backing)
{
	int err;

	err = backings_make(xc);
	if (!err)
		err = backing_insert(xc, backing);
	backings_made(fc, xc);
	return err;
}

/* extfuse_backings_begin - something is below: the table is there, though nothing is in it */
int extfuse_backings_begin(struct fuse_conn *fc, struct extfuse_conn *xc)
{
	int err = backings_make(xc);

	backings_made(fc, xc);
	return err;
}

struct extfuse_backings *extfuse_backings_get(struct extfuse_conn *xc)
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
	struct extfuse_backings *all = extfuse_backings_get(xc);
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
	extfuse_backings_put(all);
	return backing;
}

/*
 * extfuse_backing_remove - takes the object of a node out of the table
 *
 * -ENOENT: there is none, or one of another @generation.
 */
int extfuse_backing_remove(struct extfuse_conn *xc, u64 nodeid, u64 generation)
{
	struct extfuse_backing *backing;
	struct extfuse_backings *all;
	int err = -ENOENT;

	rcu_read_lock();
	all = rcu_dereference(xc->backings);
	backing = all ? rhashtable_lookup(&all->table, &nodeid, backing_params) : NULL;
	if (backing && backing->generation == generation)
		err = rhashtable_remove_fast(&all->table, &backing->hash, backing_params);
	if (!err)
		atomic_dec(&all->count);
	rcu_read_unlock();
	/* The task that removed it has the table's reference. */
	if (!err)
		extfuse_backing_put(backing);
	return err;
}

/* extfuse_backings_full - is there no room for another object?  Under RCU. */
bool extfuse_backings_full(struct extfuse_conn *xc)
{
	const struct extfuse_backings *all = rcu_dereference(xc->backings);

	return all && atomic_read(&all->count) >= READ_ONCE(xc->max_backing);
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
