// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a set: made of the programs of an attach, published in
 * extfuse_conn.set with one exchange and taken out with one, so that a request
 * sees all of it or none.  The task that took it out gives it to a work item, which
 * waits for the grace periods and drops the programs.  Requests keep the set's
 * number, never a pointer: a reply program runs only where the set with that
 * number is still there.
 */
#include "fuse_i.h"
#include "later.h"
#include "opcode.h"
#include "set.h"
#include "set_ops.h"
#include "slots.h"
#include "stats.h"
#include <linux/rcupdate_trace.h>

static atomic64_t last_id;

void extfuse_set_free(struct extfuse_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nprogs; i++)
		bpf_prog_put(set->progs[i]);
	kfree(set->when_lost);
	kfree(set);
}

/* A request that looked the set up before it was taken out may still run its programs, or read it. */
static void set_wait(void)
{
	synchronize_rcu_tasks_trace();
	synchronize_rcu();
}

static void set_free_work(struct work_struct *work)
{
	set_wait();
	extfuse_set_free(container_of(work, struct extfuse_set, free_work));
}

static void set_drop(struct extfuse_set *set)
{
	INIT_WORK(&set->free_work, set_free_work);
	extfuse_free_later(&set->free_work);
}

/*
 * The set goes, if @set is still there; a policy leaves closed what it covered.  True:
 * it was us, and the caller drops it.  The caller has read @set under RCU tasks trace.
 */
static bool set_lose(struct extfuse_conn *xc, struct extfuse_set *set)
{
	struct extfuse_set *lost = READ_ONCE(set->when_lost);
	bool taken;

	RCU_LOCKDEP_WARN(!rcu_read_lock_trace_held(), "a set is taken out that may be freed");
	if (lost)
		extfuse_policy_hold(xc);
	taken = unrcu_pointer(cmpxchg(&xc->set, RCU_INITIALIZER(set), RCU_INITIALIZER(lost))) == set;
	if (lost)
		extfuse_policy_release(xc);
	/* Others that try read it once more, in vain. */
	if (taken)
		WRITE_ONCE(set->when_lost, NULL);
	return taken;
}

/* After so many bad verdicts in a row. */
void extfuse_set_drop_bad(struct extfuse_conn *xc, const struct extfuse_set *bad)
{
	struct extfuse_set *set = (struct extfuse_set *)bad;
	bool taken;

	mutex_lock(&xc->lock);
	/* Replaced or detached meanwhile: what is there now is not ours. */
	taken = rcu_access_pointer(xc->set) == set && set_lose(xc, set);
	if (taken) {
		WRITE_ONCE(xc->state, EXTFUSE_STATE_BAD_VERDICTS);
		extfuse_epoch_move(xc);
	}
	mutex_unlock(&xc->lock);
	if (!taken)
		return;
	pr_warn("extension '%s' was detached after %u bad verdicts in a row%s; attach a repaired one\n",
		set->name, EXTFUSE_BAD_VERDICTS,
		set->covered_ops ? ", what it covered fails with EIO" : "");
	/* Our caller is inside the grace period that the work item waits for. */
	set_drop(set);
}

/* One program of a set into its places. */
static int set_place(struct extfuse_set *set, const struct extfuse_ioc_prog *spec,
		     struct bpf_prog *prog, struct extfuse_log *log)
{
	bool reply = spec->phase == EXTFUSE_PHASE_REPLY;
	struct bpf_prog **place = reply ? set->reply : set->request;

	if (place[spec->opcode]) {
		extfuse_log(log, "two %s programs for opcode %u\n", reply ? "reply" : "request",
			    spec->opcode);
		return -EEXIST;
	}
	if (!(extfuse_opcode_get(spec->opcode)->flags & EXTFUSE_OP_ASK)) {
		extfuse_log(log, "opcode %u is never given to a program\n", spec->opcode);
		return -EINVAL;
	}
	place[spec->opcode] = prog;
	return 0;
}

/* "*": every opcode that has none of its own. */
static void set_spread(struct extfuse_set *set, u32 phase, struct bpf_prog *prog)
{
	struct bpf_prog **place = phase == EXTFUSE_PHASE_REPLY ? set->reply : set->request;
	u32 op;

	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (!place[op] && extfuse_opcode_get(op)->flags & EXTFUSE_OP_ASK)
			place[op] = prog;
	}
}

static struct bpf_prog *prog_get(const struct extfuse_ioc_prog *spec, struct extfuse_log *log)
{
	struct bpf_prog *prog;
	int err;

	if (spec->reserved || spec->phase >= __EXTFUSE_PHASE_MAX ||
	    (spec->opcode >= EXTFUSE_OPCODES && spec->opcode != EXTFUSE_OPCODE_ANY)) {
		extfuse_log(log, "opcode %u, phase %u: no such thing\n", spec->opcode, spec->phase);
		return ERR_PTR(-EINVAL);
	}
	prog = bpf_prog_get_type_dev(spec->prog_fd, BPF_PROG_TYPE_SYSCALL, false);
	if (IS_ERR(prog)) {
		extfuse_log(log, "descriptor %d is no program of type syscall\n", spec->prog_fd);
		return prog;
	}
	err = extfuse_prog_check(prog, log);
	if (err) {
		bpf_prog_put(prog);
		return ERR_PTR(err);
	}
	return prog;
}

static int any_place(struct bpf_prog **any, struct bpf_prog *prog, struct extfuse_log *log)
{
	if (*any) {
		extfuse_log(log, "two programs for all other opcodes\n");
		return -EEXIST;
	}
	*any = prog;
	return 0;
}

static int set_fill(struct extfuse_set *set, const struct extfuse_ioc_prog *specs, u32 n,
		    struct extfuse_log *log)
{
	struct bpf_prog *any[__EXTFUSE_PHASE_MAX] = {};
	struct bpf_prog *prog;
	u32 i, op;
	int err;

	for (i = 0; i < n; i++) {
		prog = prog_get(&specs[i], log);
		if (IS_ERR(prog))
			return PTR_ERR(prog);
		set->progs[set->nprogs++] = prog;
		if (specs[i].opcode != EXTFUSE_OPCODE_ANY)
			err = set_place(set, &specs[i], prog, log);
		else
			err = any_place(&any[specs[i].phase], prog, log);
		if (err)
			return err;
	}
	for (i = 0; i < __EXTFUSE_PHASE_MAX; i++) {
		if (any[i])
			set_spread(set, i, any[i]);
	}
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (set->request[op])
			set->request_ops |= BIT_ULL(op);
		if (set->reply[op])
			set->reply_ops |= BIT_ULL(op);
	}
	set->ops = set->request_ops | set->reply_ops;
	set->plain_ops = extfuse_set_plain_ops_of(set);
	return 0;
}

/* What takes the place of a FAIL_CLOSED set that loses its programs: made while it can fail. */
static int set_cover(struct extfuse_set *set)
{
	if (!(set->flags & EXTFUSE_ATTACH_FAIL_CLOSED))
		return 0;
	set->when_lost = kzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	if (!set->when_lost)
		return -ENOMEM;
	set->covered_ops = set->ops;
	set->when_lost->covered_ops = set->covered_ops;
	set->when_lost->ops = set->covered_ops;
	return 0;
}

struct extfuse_set *extfuse_set_make(const struct extfuse_ioc_attach *arg, struct extfuse_log *log)
{
	struct extfuse_ioc_prog *specs;
	struct extfuse_set *set;
	int err;

	specs = memdup_user(u64_to_user_ptr(arg->progs), arg->nprogs * sizeof(*specs));
	if (IS_ERR(specs))
		return ERR_CAST(specs);
	err = -ENOMEM;
	set = kzalloc(struct_size(set, progs, arg->nprogs), GFP_KERNEL_ACCOUNT);
	if (!set)
		goto out_specs;
	set->flags = arg->flags;
	set->max_attr_valid = arg->max_attr_valid;
	set->max_entry_valid = arg->max_entry_valid;
	set->close_valid = arg->close_valid;
	set->max_kept = arg->max_kept ?: EXTFUSE_MAX_KEPT;
	set->who_ops = extfuse_set_who_ops_of(set);
	memcpy(set->name, arg->name, sizeof(set->name));
	err = set_fill(set, specs, arg->nprogs, log) ?: set_cover(set);
	if (err)
		goto out_set;
	set->id = atomic64_inc_return(&last_id);
	kfree(specs);
	return set;

out_set:
	extfuse_set_free(set);
out_specs:
	kfree(specs);
	return ERR_PTR(err);
}

/* What the requests look at beside the set follows it. */
static void conn_settle(struct extfuse_conn *xc, const struct extfuse_set *set)
{
	u64 dirs = BIT_ULL(FUSE_READDIR) | BIT_ULL(FUSE_READDIRPLUS);

	lockdep_assert_held(&xc->lock);
	/* For good: a listing that was filtered may still be on its way to the cache. */
	if (set && (set->reply_ops | set->covered_ops) & dirs && !(set->flags & EXTFUSE_ATTACH_HIDES_NONE))
		WRITE_ONCE(xc->entry_progs, true);
	WRITE_ONCE(xc->plus, set && set->flags & EXTFUSE_ATTACH_RDIRPLUS);
	if (set && set->flags & EXTFUSE_ATTACH_CTO)
		WRITE_ONCE(xc->cto, true);
	WRITE_ONCE(xc->kept.max, set ? set->max_kept : 0);
	WRITE_ONCE(xc->names_dir, set && set->flags & EXTFUSE_ATTACH_NAMES_DIR);
	WRITE_ONCE(xc->names_asked, set && set->covered_ops & ~set->plain_ops & BIT_ULL(FUSE_LOOKUP));
	WRITE_ONCE(xc->slow_logged, false);
	WRITE_ONCE(xc->folds_logged, false);
	atomic_set(&xc->bad_in_row, 0);
	if (set) {
		WRITE_ONCE(xc->policy_ops, xc->policy_ops | set->covered_ops);
		memcpy(xc->name, set->name, sizeof(xc->name));
	}
}

/* The exchange itself; returns the set that was there, which is the caller's now. */
static struct extfuse_set *set_exchange(struct extfuse_conn *xc, struct extfuse_set *set, bool policy)
{
	struct extfuse_set *old;

	lockdep_assert_held(&xc->lock);
	if (policy)
		extfuse_policy_hold(xc);
	old = unrcu_pointer(xchg(&xc->set, RCU_INITIALIZER(set)));
	if (policy)
		extfuse_policy_release(xc);
	/* What was opened under the old one. */
	extfuse_kept_soon(xc, false);
	return old;
}

/* Is a set with its programs there?  An abort may take it at any time. */
static bool conn_is_attached(const struct extfuse_conn *xc)
{
	const struct extfuse_set *set;
	bool attached;

	rcu_read_lock();
	set = rcu_dereference(xc->set);
	attached = set && !extfuse_set_is_lost(set);
	rcu_read_unlock();
	return attached;
}

/*
 * extfuse_set_publish - requests see the set from now on
 *
 * 0: it is the connection's, and an abort may free it at once.  -EBUSY, -ENOENT:
 * it is still the caller's.  An attach moves the epoch, a replace keeps it: what
 * the old programs cached is in maps that the new ones may share.  Unless names
 * are kept otherwise.
 */
int extfuse_set_publish(struct extfuse_conn *xc, struct extfuse_set *set, bool replace)
{
	bool moves_names = xc->names_dir != !!(set->flags & EXTFUSE_ATTACH_NAMES_DIR);
	bool attached = conn_is_attached(xc);
	struct extfuse_set *old;

	if (!replace && attached)
		return -EBUSY;
	/* What is done on the file system below cannot be compared with the daemon's answer. */
	if (xc->has_tree && set->flags & EXTFUSE_ATTACH_SHADOW)
		return -EBUSY;
	if (replace && !attached)
		return -ENOENT;

	/* Nothing is fresh while it changes how names are kept. */
	if (!replace || moves_names)
		extfuse_epoch_hold(xc);
	conn_settle(xc, set);
	if (!replace || moves_names)
		extfuse_epoch_release(xc);
	WRITE_ONCE(xc->state, EXTFUSE_STATE_ATTACHED);
	old = set_exchange(xc, set, set->covered_ops || extfuse_set_covered_ops(xc));
	if (old)
		set_drop(old);
	return 0;
}

/*
 * extfuse_set_abort - the connection is gone: its programs go now, not with the mount
 *
 * Handles of ours outlive it: what a policy is asked about them stays closed.
 */
void extfuse_set_abort(struct extfuse_conn *xc)
{
	struct extfuse_set *set;

	rcu_read_lock_trace();
	do {
		set = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());
	} while (set && !extfuse_set_is_lost(set) && !set_lose(xc, set));
	if (set && !extfuse_set_is_lost(set))
		set_drop(set);
	rcu_read_unlock_trace();
}

/* Detach by ioctl, also of what a lost policy closed; when it returns no program of the set runs any more. */
int extfuse_set_detach(struct extfuse_conn *xc)
{
	struct extfuse_set *set = NULL;

	mutex_lock(&xc->lock);
	if (rcu_access_pointer(xc->set)) {
		extfuse_epoch_hold(xc);
		conn_settle(xc, NULL);
		set = set_exchange(xc, NULL, extfuse_set_covered_ops(xc));
		extfuse_epoch_release(xc);
	}
	if (set && !extfuse_set_is_lost(set))
		WRITE_ONCE(xc->state, EXTFUSE_STATE_DETACHED);
	mutex_unlock(&xc->lock);
	if (!set)
		return -ENOENT;
	set_wait();
	extfuse_set_free(set);
	return 0;
}

/* extfuse_set_end - nobody has the connection any more: what it still has goes with it */
void extfuse_set_end(struct extfuse_conn *xc)
{
	struct extfuse_set *set = rcu_dereference_protected(xc->set, true);

	if (set)
		extfuse_set_free(set);
}
