// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of what a connection has of ours: made at the first attach or backing
 * object, taken apart at the abort, freed with the connection.
 */
#include "fuse_i.h"
#include "conn.h"
#include "set.h"
#include "slots.h"
#include "tracer.h"
#include "passthrough/backing.h"
#include "tree/tree.h"

/* Making fuse_conn.extfuse. */
static DEFINE_MUTEX(make_lock);

void extfuse_conn_lock_unseen(struct fuse_conn *fc)
{
	if (!READ_ONCE(fc->ext_locked))
		WRITE_ONCE(fc->ext_locked, true);
	/* Before the lock is asked for: the connection may get something of ours meanwhile. */
	smp_mb();
}

/* extfuse_conn_alloc - all of it but clock and slots, which are zero */
struct extfuse_conn *extfuse_conn_alloc(void)
{
	struct extfuse_conn *xc = kvzalloc(sizeof(*xc), GFP_KERNEL_ACCOUNT);

	if (!xc)
		return NULL;
	xc->stats = alloc_percpu_gfp(struct extfuse_stats, GFP_KERNEL_ACCOUNT);
	if (!xc->stats) {
		kvfree(xc);
		return NULL;
	}
	mutex_init(&xc->lock);
	xc->max_backing = EXTFUSE_MAX_BACKING;
	spin_lock_init(&xc->upcalls_lock);
	extfuse_kept_init(&xc->kept);
	return xc;
}

/* From the first attach or backing object on each changing request is marked. */
struct extfuse_conn *extfuse_conn_make(struct fuse_conn *fc)
{
	struct extfuse_conn *xc;

	mutex_lock(&make_lock);
	xc = fc->extfuse;
	if (!xc) {
		xc = extfuse_conn_alloc();
		if (xc)
			extfuse_slots_init(xc);
		/* Of which nodes is not known. */
		if (xc && READ_ONCE(fc->ext_locked))
			bitmap_fill(xc->locked, EXTFUSE_SLOTS);
		/* Pairs with the acquire in extfuse_conn_get(). */
		smp_store_release(&fc->extfuse, xc);
	}
	mutex_unlock(&make_lock);
	return xc;
}

/* Call site: the connection is gone: programs, maps and backing objects go now, not with the mount. */
void extfuse_conn_abort(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	extfuse_tracers_end(fc);
	if (!xc)
		return;
	WRITE_ONCE(xc->state, EXTFUSE_STATE_ABORTED);
	extfuse_set_abort(xc);
	extfuse_kept_soon(xc, false);
	extfuse_backings_abort(xc);
	extfuse_tree_abort(fc, xc);
}

/* Call site: nobody can have a set or backing objects any more: abort came before. */
void extfuse_conn_free(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = fc->extfuse;

	if (!xc)
		return;
	extfuse_set_end(xc);
	free_percpu(xc->stats);
	mutex_destroy(&xc->lock);
	kvfree(xc);
}
