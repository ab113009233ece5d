// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where kept handles are (kept.c), and how they go back, which is to say that the RELEASE
 * is sent:
 *   - before what changes the node, or opens it for writing, is sent
 *   - when the time is over, or the node has moved otherwise: by the work, once a second
 *   - when the set changes, the daemon sends a notification, the mount is synced or goes,
 *     the daemon can open no more files, or the kernel needs memory
 *
 * A RELEASE that is held back has its inode and its name with references, so that the
 * daemon gets no FORGET before it.
 *
 * Who keeps a handle puts it where it is found and looks then whether it may stay; who
 * changes something says so first (by its marks, i_writecount, the set) and looks then
 * what is kept: one of the two sees the other.
 */
#include "fuse_i.h"
#include "kept_pool.h"
#include "later.h"
#include "opcode.h"
#include "params.h"
#include "release.h"
#include "slots.h"
#include "stats.h"
#include "compat/args.h"
#include <linux/slab.h>

/* So long is waited for RELEASEs: a daemon that does not answer holds nobody up. */
#define PATIENCE	HZ

static struct hlist_head *pool_head(struct extfuse_kept *pool, u16 slot)
{
	return &pool->by_slot[slot % EXTFUSE_KEPT_HEADS];
}

/* Both under the lock. */
static void pool_add(struct extfuse_kept *pool, struct extfuse_kept_handle *kept)
{
	list_add_tail(&kept->order, &pool->order);
	hlist_add_head(&kept->by_slot, pool_head(pool, kept->slot));
	WRITE_ONCE(pool->n, pool->n + 1);
}

static void pool_take(struct extfuse_kept *pool, struct extfuse_kept_handle *kept)
{
	list_del_init(&kept->order);
	hlist_del_init(&kept->by_slot);
	WRITE_ONCE(pool->n, pool->n - 1);
}

static void pool_take_to(struct extfuse_kept *pool, struct extfuse_kept_handle *kept, struct list_head *to)
{
	pool_take(pool, kept);
	list_add_tail(&kept->order, to);
}

static void kept_put(struct extfuse_kept_handle *kept)
{
	if (refcount_dec_and_test(&kept->refs))
		kfree(kept);
}

static void kept_over(struct extfuse_conn *xc, struct extfuse_kept_handle *kept)
{
	WRITE_ONCE(kept->over, true);
	atomic_dec(&xc->kept.going);
	wake_up_all(&xc->kept.gone);
	kept_put(kept);
}

/* The caller still has its reference. */
static void kept_send(struct extfuse_conn *xc, struct extfuse_kept_handle *kept)
{
	struct fuse_args *args = kept->args;

	refcount_set(&kept->refs, 2);
	kept->over = false;
	args->ext.kept = true;
	args->ext.held = kept;
	atomic_inc(&xc->kept.going);
	extfuse_count(xc, args->opcode, upcalls);
	if (extfuse_release_send(xc, kept->fm, args, GFP_KERNEL | __GFP_NOFAIL))
		kept_over(xc, kept);
}

static void kept_send_each(struct extfuse_conn *xc, struct list_head *list)
{
	struct extfuse_kept_handle *kept, *next;

	list_for_each_entry_safe(kept, next, list, order) {
		kept_send(xc, kept);
		kept_put(kept);
	}
}

/* The daemon reads them in another order than what comes after, and with many threads: so they are waited for. */
static void kept_send_and_wait(struct extfuse_conn *xc, struct list_head *list)
{
	struct extfuse_kept_handle *kept, *next;
	long left = PATIENCE;

	list_for_each_entry(kept, list, order)
		kept_send(xc, kept);
	list_for_each_entry_safe(kept, next, list, order) {
		if (left > 0)
			left = wait_event_killable_timeout(xc->kept.gone, READ_ONCE(kept->over), left);
		kept_put(kept);
	}
}

/* A RELEASE that was held back is over. */
void extfuse_kept_gone(struct extfuse_conn *xc, const struct fuse_args *args)
{
	kept_over(xc, args->ext.held);
}

/* extfuse_set_keeps - for how long the set of that number lets handles be kept, in ns; 0: not at all */
u64 extfuse_set_keeps(const struct extfuse_conn *xc, u64 *id)
{
	const struct extfuse_set *set;
	u64 valid = 0;

	rcu_read_lock();
	set = rcu_dereference(xc->set);
	if (set && !(set->flags & EXTFUSE_ATTACH_SHADOW) && READ_ONCE(extfuse_programs)) {
		valid = set->close_valid;
		*id = set->id;
	}
	rcu_read_unlock();
	return valid;
}

/*
 * May whoever opened the file still come to it?  Without default_permissions nobody has
 * asked that but the daemon, which may have looked at each directory of the path.
 */
static bool kept_is_in_reach(const struct extfuse_conn *xc, const struct extfuse_kept_handle *kept)
{
	u16 rights = extfuse_slot_of_node(EXTFUSE_RIGHTS, EXTFUSE_KIND_ATTR);

	return kept->fm->fc->default_permissions || extfuse_slot_fresh(xc, rights, kept->stamp);
}

static bool kept_may_stay(const struct extfuse_conn *xc, const struct extfuse_kept_handle *kept)
{
	u64 id;

	return extfuse_set_keeps(xc, &id) && id == kept->set_id &&
	       extfuse_node_fresh(xc, kept->args->nodeid, kept->stamp) && kept_is_in_reach(xc, kept) &&
	       extfuse_conn_is_connected(kept->fm->fc) &&
	       !inode_is_open_for_write(kept->args->ext.inode);
}

/*
 * extfuse_pool_put - a handle is kept, and the oldest make room for it
 *
 * False: it may not stay, or the mount goes; then it is the caller's.
 */
bool extfuse_pool_put(struct extfuse_conn *xc, struct extfuse_kept_handle *kept)
{
	struct extfuse_kept *pool = &xc->kept;
	/* Once: a detach makes it 0 at any time, and of an empty list none can be taken. */
	unsigned int max = READ_ONCE(pool->max);
	bool stays = false;
	LIST_HEAD(out);

	spin_lock(&pool->lock);
	if (pool->closed || !max)
		goto unlock;
	while (pool->n >= max)
		pool_take_to(pool, list_first_entry(&pool->order, struct extfuse_kept_handle, order), &out);
	pool_add(pool, kept);
	/* Pairs with the barrier of who changes something, before it looks at pool->n. */
	smp_mb();
	stays = kept_may_stay(xc, kept);
	if (!stays)
		pool_take(pool, kept);
	else if (pool->n == 1 && !delayed_work_pending(&pool->work))
		extfuse_do_later(&pool->work, HZ);
unlock:
	spin_unlock(&pool->lock);
	kept_send_each(xc, &out);
	return stays;
}

static bool kept_has(const struct extfuse_kept_handle *kept, const struct extfuse_kept_key *key)
{
	return kept->args->nodeid == key->nodeid && kept->who == key->who && kept->flags == key->flags &&
	       kept->args->opcode == key->opcode && time_before(jiffies, kept->until);
}

/* extfuse_pool_find - takes out one that an OPEN may have; NULL: there is none */
struct extfuse_kept_handle *extfuse_pool_find(struct extfuse_conn *xc, const struct extfuse_kept_key *key)
{
	u16 slot = extfuse_slot_of_node(key->nodeid, EXTFUSE_KIND_ATTR);
	struct extfuse_kept *pool = &xc->kept;
	struct extfuse_kept_handle *kept;

	spin_lock(&pool->lock);
	hlist_for_each_entry(kept, pool_head(pool, slot), by_slot) {
		if (kept_has(kept, key) && kept_may_stay(xc, kept)) {
			pool_take(pool, kept);
			goto out;
		}
	}
	kept = NULL;
out:
	spin_unlock(&pool->lock);
	return kept;
}

static void take_slot(struct extfuse_kept *pool, u16 slot, struct list_head *out)
{
	struct extfuse_kept_handle *kept;
	struct hlist_node *next;

	spin_lock(&pool->lock);
	hlist_for_each_entry_safe(kept, next, pool_head(pool, slot), by_slot) {
		if (kept->slot == slot)
			pool_take_to(pool, kept, out);
	}
	spin_unlock(&pool->lock);
}

/*
 * extfuse_kept_moved - a request that changes something is about to be sent, with its marks
 * @wait:	until the daemon has answered the RELEASEs, but not for ever
 *
 * A change of data is one of attributes as well, by which what is kept is found.
 */
void extfuse_kept_moved(struct extfuse_conn *xc, const struct fuse_args *args, bool wait)
{
	const struct fuse_open_in *open = extfuse_in(args, 0)->value;
	unsigned int i;
	LIST_HEAD(out);

	/* Under a spinlock; what writes was opened for it. */
	if (extfuse_request_is_writeback(args))
		return;
	for (i = 0; i < args->ext.nmarks; i++)
		take_slot(&xc->kept, args->ext.mark[i], &out);
	if (args->opcode == FUSE_OPEN && (open->flags & O_ACCMODE) != O_RDONLY)
		take_slot(&xc->kept, extfuse_slot_of_node(args->nodeid, EXTFUSE_KIND_ATTR), &out);
	if (wait)
		kept_send_and_wait(xc, &out);
	else
		kept_send_each(xc, &out);
}

/* extfuse_kept_give_all - their RELEASEs are sent */
void extfuse_kept_give_all(struct extfuse_conn *xc)
{
	struct extfuse_kept *pool = &xc->kept;
	struct extfuse_kept_handle *kept, *next;
	LIST_HEAD(out);

	spin_lock(&pool->lock);
	list_for_each_entry_safe(kept, next, &pool->order, order)
		pool_take_to(pool, kept, &out);
	spin_unlock(&pool->lock);
	kept_send_each(xc, &out);
}

/*
 * All go back, and the daemon has been waited for.  False: none was kept, and none is on
 * its way back.
 */
static bool kept_flush(struct extfuse_conn *xc)
{
	if (!READ_ONCE(xc->kept.n) && !atomic_read(&xc->kept.going))
		return false;
	extfuse_kept_give_all(xc);
	wait_event_timeout(xc->kept.gone, !atomic_read(&xc->kept.going), PATIENCE);
	return true;
}

/*
 * extfuse_kept_make_room - the daemon says that it can open no more files
 * @flushed:	once it has got back what is kept of it; others go on keeping what they close
 *
 * True: it is asked again.
 */
bool extfuse_kept_make_room(struct extfuse_conn *xc, const struct fuse_args *args, bool *flushed)
{
	if (*flushed || !args->ext.replied)
		return false;
	*flushed = kept_flush(xc);
	return *flushed;
}

static void kept_work(struct work_struct *work)
{
	struct extfuse_kept *pool = container_of(to_delayed_work(work), struct extfuse_kept, work);
	struct extfuse_conn *xc = container_of(pool, struct extfuse_conn, kept);
	struct extfuse_kept_handle *kept, *next;
	LIST_HEAD(out);

	spin_lock(&pool->lock);
	list_for_each_entry_safe(kept, next, &pool->order, order) {
		if (pool->all || time_after_eq(jiffies, kept->until) || !kept_may_stay(xc, kept))
			pool_take_to(pool, kept, &out);
	}
	pool->all = false;
	if (pool->n && !pool->closed)
		extfuse_do_later(&pool->work, HZ);
	spin_unlock(&pool->lock);
	kept_send_each(xc, &out);
}

/*
 * extfuse_kept_soon - what may not stay any more goes back, from another task
 * @all:	all go back
 *
 * For those that can send no request where they are.
 */
void extfuse_kept_soon(struct extfuse_conn *xc, bool all)
{
	struct extfuse_kept *pool = &xc->kept;

	if (likely(!READ_ONCE(pool->n)))
		return;
	spin_lock(&pool->lock);
	if (!pool->closed) {
		pool->all |= all;
		extfuse_do_later(&pool->work, 0);
	}
	spin_unlock(&pool->lock);
}

/* Call site: the mount goes, and the daemon is still there. */
void extfuse_kept_end(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (!xc)
		return;
	spin_lock(&xc->kept.lock);
	xc->kept.closed = true;
	spin_unlock(&xc->kept.lock);
	cancel_delayed_work_sync(&xc->kept.work);
	kept_flush(xc);
}

/* Call site: how many inodes are held by what is kept? */
long extfuse_kept_count(struct super_block *sb, struct shrink_control *sc)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(sb));

	return xc ? READ_ONCE(xc->kept.n) : 0;
}

/* Call site: memory is needed, and here none can be had. */
long extfuse_kept_shrink(struct super_block *sb, struct shrink_control *sc)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(sb));
	long n = extfuse_kept_count(sb, sc);

	if (n)
		extfuse_kept_soon(xc, true);
	return n;
}

void extfuse_kept_init(struct extfuse_kept *pool)
{
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->order);
	init_waitqueue_head(&pool->gone);
	INIT_DELAYED_WORK(&pool->work, kept_work);
}
