// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a set: made of the programs of an attach, published in
 * extfuse_conn.set with one exchange and taken out with one, so that a request
 * sees all of it or none.  The task that took it out gives it to a work item, which
 * waits for a tasks-trace grace period and drops the programs.  Requests keep
 * the set's number, never a pointer: a reply program runs only where the set
 * with that number is still there.
 */
#include "fuse_i.h"
#include "later.h"
#include "opcode.h"
#include "set.h"
#include "slots.h"
#include "stats.h"
#include <linux/rcupdate_trace.h>

static atomic64_t last_id;

void extfuse_set_free(struct extfuse_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nprogs; i++)
		bpf_prog_put(set->progs[i]);
	kfree(set);
}

static void set_free_work(struct work_struct *work)
{
	/* A program that was looked up before the exchange may still run. */
	synchronize_rcu_tasks_trace();
	extfuse_set_free(container_of(work, struct extfuse_set, free_work));
}

/* Takes the set out, if it is still @set; true: it was us. */
static bool set_take(struct extfuse_conn *xc, struct extfuse_set *set)
{
	return set && unrcu_pointer(cmpxchg(&xc->set, RCU_INITIALIZER(set), NULL)) == set;
}

static void set_drop(struct extfuse_set *set)
{
	INIT_WORK(&set->free_work, set_free_work);
	extfuse_free_later(&set->free_work);
}

/* What is closed without the programs of a set; 0: it is no policy. */
static u64 policy_ops(const struct extfuse_set *set)
{
	return set->flags & EXTFUSE_ATTACH_FAIL_CLOSED ? set->request_ops | set->reply_ops : 0;
}

/* After so many bad verdicts in a row. */
void extfuse_set_drop_bad(struct extfuse_conn *xc, const struct extfuse_set *set)
{
	u64 closed = policy_ops(set);
	bool taken;

	mutex_lock(&xc->lock);
	if (rcu_access_pointer(xc->set) != set) {
		/* Replaced or detached meanwhile: what is there now is not ours. */
		mutex_unlock(&xc->lock);
		return;
	}
	/* Closed first: between the two stores a policy must not be open. */
	if (closed) {
		extfuse_policy_hold(xc);
		WRITE_ONCE(xc->closed_ops, closed);
	}
	taken = set_take(xc, (struct extfuse_set *)set);
	if (taken) {
		WRITE_ONCE(xc->state, EXTFUSE_STATE_BAD_VERDICTS);
		extfuse_epoch_move(xc);
	}
	if (closed)
		extfuse_policy_release(xc);
	mutex_unlock(&xc->lock);
	if (!taken)
		return;
	pr_warn("extension '%s' was detached after %u bad verdicts in a row%s; attach a repaired one\n",
		set->name, EXTFUSE_BAD_VERDICTS,
		closed ? ", what it covered fails with EIO" : "");
	/* Our caller is inside the grace period that the work item waits for. */
	set_drop((struct extfuse_set *)set);
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
	memcpy(set->name, arg->name, sizeof(set->name));
	err = set_fill(set, specs, arg->nprogs, log);
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
	if (set && (set->reply_ops | policy_ops(set)) & dirs)
		WRITE_ONCE(xc->entry_progs, true);
	/* Before the set is there; what the one before had goes when it is gone. */
	if (set) {
		WRITE_ONCE(xc->ops, xc->ops | set->request_ops | set->reply_ops);
		WRITE_ONCE(xc->reply_ops, xc->reply_ops | set->reply_ops);
	}
	WRITE_ONCE(xc->names_dir, set && set->flags & EXTFUSE_ATTACH_NAMES_DIR);
	WRITE_ONCE(xc->slow_logged, false);
	WRITE_ONCE(xc->folds_logged, false);
	atomic_set(&xc->bad_in_row, 0);
	if (set)
		memcpy(xc->name, set->name, sizeof(xc->name));
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
	struct extfuse_set *old = rcu_dereference_protected(xc->set, lockdep_is_held(&xc->lock));
	u64 ops, reply_ops;
	bool moves_names = xc->names_dir != !!(set->flags & EXTFUSE_ATTACH_NAMES_DIR);
	u64 covered = policy_ops(set);
	bool policy = covered || xc->policy_now;

	if (!replace && old)
		return -EBUSY;
	if (replace && !old)
		return -ENOENT;

	/* Nothing is fresh while it changes how names are kept. */
	if (!replace || moves_names)
		extfuse_epoch_hold(xc);
	conn_settle(xc, set);
	if (!replace || moves_names)
		extfuse_epoch_release(xc);
	WRITE_ONCE(xc->state, EXTFUSE_STATE_ATTACHED);
	WRITE_ONCE(xc->policy_ops, xc->policy_ops | covered);
	WRITE_ONCE(xc->policy_now, covered);
	if (policy)
		extfuse_policy_hold(xc);
	/* Once it is there, abort may take and free it. */
	reply_ops = set->reply_ops;
	ops = set->request_ops | reply_ops;
	old = unrcu_pointer(xchg(&xc->set, RCU_INITIALIZER(set)));
	/* What a lost policy closed: open for a request that sees the set.  Pairs with set_look_again(). */
	smp_store_release(&xc->closed_ops, 0);
	WRITE_ONCE(xc->ops, ops);
	WRITE_ONCE(xc->reply_ops, reply_ops);
	if (policy)
		extfuse_policy_release(xc);
	if (old)
		set_drop(old);
	return 0;
}

/* extfuse_set_abort - the connection is gone: its programs go now, not with the mount */
void extfuse_set_abort(struct extfuse_conn *xc)
{
	u64 covered = READ_ONCE(xc->policy_now);
	struct extfuse_set *set;

	/* Handles of ours outlive it: what a policy is asked about them stays closed. */
	if (covered) {
		extfuse_policy_hold(xc);
		WRITE_ONCE(xc->closed_ops, covered);
	}
	set = unrcu_pointer(xchg(&xc->set, NULL));
	if (covered)
		extfuse_policy_release(xc);
	if (set)
		set_drop(set);
}

/* Detach by ioctl; when it returns no program of the set runs any more. */
int extfuse_set_detach(struct extfuse_conn *xc)
{
	struct extfuse_set *set;
	int err = -ENOENT;

	mutex_lock(&xc->lock);
	set = rcu_dereference_protected(xc->set, lockdep_is_held(&xc->lock));
	if (set_take(xc, set)) {
		err = 0;
		WRITE_ONCE(xc->state, EXTFUSE_STATE_DETACHED);
	} else if (xc->closed_ops) {
		/* An administrator opens what a failed policy closed. */
		err = 0;
		set = NULL;
	}
	if (!err) {
		extfuse_epoch_hold(xc);
		if (xc->policy_now)
			extfuse_policy_hold(xc);
		conn_settle(xc, NULL);
		WRITE_ONCE(xc->closed_ops, 0);
		WRITE_ONCE(xc->ops, 0);
		WRITE_ONCE(xc->reply_ops, 0);
		if (xc->policy_now)
			extfuse_policy_release(xc);
		WRITE_ONCE(xc->policy_now, 0);
		extfuse_epoch_release(xc);
	}
	mutex_unlock(&xc->lock);
	if (!err && set) {
		synchronize_rcu_tasks_trace();
		extfuse_set_free(set);
	}
	return err;
}
