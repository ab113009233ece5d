// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator is told of a connection: what is attached, what it may do, and what
 * was seen of the daemon on which that rests (EXTFUSE_IOC_QUERY); the programs themselves
 * (EXTFUSE_IOC_PROGS).
 */
#include "fuse_i.h"
#include "params.h"
#include "query.h"
#include "set.h"

static u32 conn_state(const struct extfuse_conn *xc)
{
	u32 state = READ_ONCE(xc->state);

	if (state == EXTFUSE_STATE_ATTACHED && !READ_ONCE(extfuse_programs))
		return EXTFUSE_STATE_PROGRAMS_OFF;
	return state;
}

/* What a cache must go without, as far as it was seen. */
static u32 conn_flags(const struct fuse_conn *fc, const struct extfuse_conn *xc)
{
	return (xc->has_tree ? EXTFUSE_QUERY_TREE : 0) |
	       (READ_ONCE(xc->learned) ? EXTFUSE_QUERY_LIFETIMES : 0) |
	       (READ_ONCE(xc->direct) ? EXTFUSE_QUERY_DIRECT_IO : 0) |
	       (fc->writeback_cache ? EXTFUSE_QUERY_WRITEBACK : 0);
}

static void query_fill(const struct fuse_conn *fc, struct extfuse_conn *xc, struct extfuse_ioc_query *arg)
{
	const struct extfuse_set *set;

	mutex_lock(&xc->lock);
	arg->state = conn_state(xc);
	arg->flags = conn_flags(fc, xc);
	arg->longest_attr = READ_ONCE(xc->longest_attr);
	arg->longest_entry = READ_ONCE(xc->longest_entry);
	arg->clock = atomic64_read(&xc->clock);
	arg->kept = READ_ONCE(xc->kept.n);
	memcpy(arg->name, xc->name, sizeof(arg->name));
	rcu_read_lock();
	set = rcu_dereference(xc->set);
	if (set && !extfuse_set_is_lost(set)) {
		arg->attach_flags = set->flags;
		arg->request_ops = set->request_ops;
		arg->reply_ops = set->reply_ops;
		arg->id = set->id;
		arg->max_attr_valid = set->max_attr_valid;
		arg->max_entry_valid = set->max_entry_valid;
		arg->close_valid = set->close_valid;
		arg->max_kept = set->max_kept;
	} else if (set) {
		/* Only a policy leaves something when it is lost. */
		arg->attach_flags = EXTFUSE_ATTACH_FAIL_CLOSED;
	}
	rcu_read_unlock();
	mutex_unlock(&xc->lock);
}

/* extfuse_ioctl_query - EXTFUSE_IOC_QUERY; @xc may be NULL */
long extfuse_ioctl_query(struct fuse_conn *fc, struct extfuse_conn *xc, struct extfuse_ioc_query *arg)
{
	if (arg->flags || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	memset(arg, 0, sizeof(*arg));
	arg->conn = fc->dev;
	if (!extfuse_conn_is_connected(fc))
		arg->state = EXTFUSE_STATE_ABORTED;
	if (xc)
		query_fill(fc, xc, arg);
	return 0;
}

/* The ids of the set's programs, into @ids, which has room for all that a set may have; 0: there is no set. */
static unsigned int progs_fill(struct extfuse_conn *xc, struct extfuse_ioc_progs *arg, u32 *ids)
{
	const struct extfuse_set *set;
	unsigned int i, n = 0;

	rcu_read_lock();
	set = rcu_dereference(xc->set);
	if (set && !extfuse_set_is_lost(set)) {
		n = set->nprogs;
		for (i = 0; i < n; i++)
			ids[i] = set->progs[i]->aux->id;
		arg->id = set->id;
	}
	rcu_read_unlock();
	return n;
}

/* extfuse_ioctl_progs - EXTFUSE_IOC_PROGS */
long extfuse_ioctl_progs(struct extfuse_conn *xc, struct extfuse_ioc_progs *arg)
{
	u32 ids[EXTFUSE_PROGS_MAX];

	if (arg->flags || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	arg->total = progs_fill(xc, arg, ids);
	if (!arg->total)
		return -ENOENT;
	arg->count = min(arg->count, arg->total);
	return copy_to_user(u64_to_user_ptr(arg->ids), ids, arg->count * sizeof(*ids)) ? -EFAULT : 0;
}
