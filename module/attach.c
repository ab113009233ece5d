// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching: the ioctls of <linux/extfuse.h>, and the life of a set.
 *
 * A set is published in extfuse_conn.set with one store and taken out with one
 * exchange, so that a request sees all of it or none.  Whoever took it out
 * gives it to a work item that waits for a tasks-trace grace period and drops
 * the programs.  Requests keep the set's number, never a pointer: a reply
 * program runs only where the set with that number is still there.
 */
#include "fuse_i.h"
#include <linux/module.h>
#include <linux/rcupdate_trace.h>

bool extfuse_programs __read_mostly = true;
module_param_named(programs, extfuse_programs, bool, 0644);
MODULE_PARM_DESC(programs, "Ask programs (default: Y); N stops all of them at once");

bool extfuse_userns_mounts __read_mostly;
module_param_named(userns_mounts, extfuse_userns_mounts, bool, 0644);
MODULE_PARM_DESC(userns_mounts, "Allow mounts from user namespaces (default: N)");

/* Lifts the list of helpers.c, and taints: see the check at attach. */
bool extfuse_unsafe_helpers __read_mostly;
module_param_named(unsafe_helpers, extfuse_unsafe_helpers, bool, 0644);
MODULE_PARM_DESC(unsafe_helpers, "Attach programs that call any helper (default: N); taints the kernel");

siphash_key_t extfuse_who_key __read_mostly;

static struct workqueue_struct *free_wq;
static atomic64_t last_id;
/* Making fuse_conn.extfuse. */
static DEFINE_MUTEX(make_lock);

static void set_free(struct extfuse_set *set)
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
	set_free(container_of(work, struct extfuse_set, free_work));
}

/* Takes the set out, if it is still @set; true: it was us. */
static bool set_take(struct extfuse_conn *xc, struct extfuse_set *set)
{
	return set && cmpxchg((struct extfuse_set **)&xc->set, set, NULL) == set;
}

static void set_drop(struct extfuse_set *set)
{
	INIT_WORK(&set->free_work, set_free_work);
	queue_work(free_wq, &set->free_work);
}

/* After so many bad verdicts in a row; in the way of a request, takes no lock. */
void extfuse_set_drop_bad(struct extfuse_conn *xc, const struct extfuse_set *set)
{
	bool closed = set->flags & EXTFUSE_ATTACH_FAIL_CLOSED;
	u64 ops = set->request_ops;

	if (closed)
		WRITE_ONCE(xc->closed_ops, ops);
	if (!set_take(xc, (struct extfuse_set *)set))
		return;
	WRITE_ONCE(xc->state, EXTFUSE_STATE_BAD_VERDICTS);
	WRITE_ONCE(xc->entry_progs, false);
	extfuse_epoch_move(xc);
	pr_warn("extension '%s' was detached after %u bad verdicts in a row%s; attach a repaired one\n",
		set->name, EXTFUSE_BAD_VERDICTS,
		closed ? ", what it covered fails with EIO" : "");
	/* Our caller is inside the grace period that the work item waits for. */
	set_drop((struct extfuse_set *)set);
}

/* The connection is gone: programs and maps go now, not with the mount. */
void extfuse_conn_abort(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);
	struct extfuse_set *set;

	if (!xc)
		return;
	WRITE_ONCE(xc->state, EXTFUSE_STATE_ABORTED);
	set = xchg((struct extfuse_set **)&xc->set, NULL);
	if (set)
		set_drop(set);
}

/* Nobody can have a set any more: abort came before. */
void extfuse_conn_free(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = fc->extfuse;

	if (!xc)
		return;
	free_percpu(xc->stats);
	mutex_destroy(&xc->lock);
	kvfree(xc);
}

static struct extfuse_conn *conn_alloc(void)
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
	extfuse_slots_init(xc);
	return xc;
}

/* From the first attach on each changing request is marked. */
static struct extfuse_conn *extfuse_conn_make(struct fuse_conn *fc)
{
	struct extfuse_conn *xc;

	mutex_lock(&make_lock);
	xc = fc->extfuse;
	if (!xc) {
		xc = conn_alloc();
		/* Pairs with the acquire in extfuse_conn_get(). */
		smp_store_release(&fc->extfuse, xc);
	}
	mutex_unlock(&make_lock);
	return xc;
}

static bool is_zero(const u64 *p, unsigned int n)
{
	while (n--) {
		if (p[n])
			return false;
	}
	return true;
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
		if (specs[i].opcode != EXTFUSE_OPCODE_ANY) {
			err = set_place(set, &specs[i], prog, log);
			if (err)
				return err;
		} else if (any[specs[i].phase]) {
			extfuse_log(log, "two programs for all other opcodes\n");
			return -EEXIST;
		} else {
			any[specs[i].phase] = prog;
		}
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

static struct extfuse_set *set_make(const struct extfuse_ioc_attach *arg, struct extfuse_log *log)
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
	set_free(set);
out_specs:
	kfree(specs);
	return ERR_PTR(err);
}

/* What the requests look at beside the set follows it; under xc->lock. */
static void conn_settle(struct extfuse_conn *xc, const struct extfuse_set *set)
{
	u64 dirs = BIT_ULL(FUSE_READDIR) | BIT_ULL(FUSE_READDIRPLUS);

	WRITE_ONCE(xc->entry_progs, set && set->reply_ops & dirs);
	WRITE_ONCE(xc->names_dir, set && set->flags & EXTFUSE_ATTACH_NAMES_DIR);
	WRITE_ONCE(xc->closed_ops, 0);
	WRITE_ONCE(xc->slow_logged, false);
	atomic_set(&xc->bad_in_row, 0);
	if (set)
		memcpy(xc->name, set->name, sizeof(xc->name));
}

/*
 * An attach moves the epoch, a replace keeps it: what the old programs cached
 * lies in maps that the new ones may share.  Unless names are kept otherwise.
 */
static int set_publish(struct fuse_conn *fc, struct extfuse_conn *xc, struct extfuse_set *set,
		       bool replace)
{
	struct extfuse_set *old = rcu_dereference_protected(xc->set, lockdep_is_held(&xc->lock));
	bool names_dir = xc->names_dir;

	if (!replace && old)
		return -EBUSY;
	if (replace && !old)
		return -ENOENT;

	conn_settle(xc, set);
	if (!replace || names_dir != xc->names_dir)
		extfuse_epoch_move(xc);
	WRITE_ONCE(xc->state, EXTFUSE_STATE_ATTACHED);
	old = xchg((struct extfuse_set **)&xc->set, set);
	if (old)
		set_drop(old);
	/* Abort clears connected, then takes the set: one of us sees the other. */
	smp_mb();
	if (!READ_ONCE(fc->connected)) {
		extfuse_conn_abort(fc);
		return -ENOTCONN;
	}
	return 0;
}

static int attach_is_valid(const struct extfuse_ioc_attach *arg)
{
	if (arg->flags & ~EXTFUSE_ATTACH_FLAGS || !is_zero(arg->reserved, ARRAY_SIZE(arg->reserved)))
		return -EINVAL;
	if (!arg->nprogs || arg->nprogs > EXTFUSE_PROGS_MAX)
		return -EINVAL;
	if (strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name))
		return -EINVAL;
	return 0;
}

static int log_give(const struct extfuse_ioc_attach *arg, const struct extfuse_log *log)
{
	size_t len = min_t(size_t, log->len + 1, arg->log_size);

	if (!arg->log_size)
		return 0;
	return copy_to_user(u64_to_user_ptr(arg->log), log->buf, len) ? -EFAULT : 0;
}

static long attach_locked(struct fuse_conn *fc, const struct extfuse_ioc_attach *arg,
			  struct extfuse_log *log, bool replace, u64 *id)
{
	struct extfuse_conn *xc = extfuse_conn_make(fc);
	struct extfuse_set *set;
	long err;

	if (!xc)
		return -ENOMEM;
	set = set_make(arg, log);
	if (IS_ERR(set))
		return PTR_ERR(set);
	/* Once published it may go at any moment. */
	*id = set->id;
	mutex_lock(&xc->lock);
	err = set_publish(fc, xc, set, replace);
	mutex_unlock(&xc->lock);
	if (err && err != -ENOTCONN)
		set_free(set);
	/* Nobody of the old set runs any more when replace returns. */
	if (!err && replace)
		synchronize_rcu_tasks_trace();
	return err;
}

static long ioctl_attach(struct fuse_conn *fc, struct extfuse_ioc_attach *arg, void __user *uarg,
			 bool replace)
{
	char text[256] = "";
	struct extfuse_log log = { .buf = text, .size = sizeof(text) };
	u64 id = 0;
	long err;

	err = attach_is_valid(arg);
	if (err)
		return err;
	err = attach_locked(fc, arg, &log, replace, &id);
	if (log_give(arg, &log) && !err)
		err = -EFAULT;
	if (err)
		return err;
	return put_user(id, &((struct extfuse_ioc_attach __user *)uarg)->id);
}

static long ioctl_detach(struct fuse_conn *fc, const struct extfuse_ioc_detach *arg)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);
	struct extfuse_set *set;
	long err = -ENOENT;

	if (arg->flags || !is_zero(arg->reserved, ARRAY_SIZE(arg->reserved)))
		return -EINVAL;
	if (!xc)
		return -ENOENT;
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
		conn_settle(xc, NULL);
		extfuse_epoch_move(xc);
	}
	mutex_unlock(&xc->lock);
	if (!err && set) {
		synchronize_rcu_tasks_trace();
		set_free(set);
	}
	return err;
}

static u32 conn_state(const struct extfuse_conn *xc)
{
	u32 state = READ_ONCE(xc->state);

	if (state == EXTFUSE_STATE_ATTACHED && !READ_ONCE(extfuse_programs))
		return EXTFUSE_STATE_PROGRAMS_OFF;
	return state;
}

static void query_fill(struct extfuse_conn *xc, struct extfuse_ioc_query *arg)
{
	const struct extfuse_set *set;

	mutex_lock(&xc->lock);
	arg->state = conn_state(xc);
	arg->clock = atomic64_read(&xc->clock);
	memcpy(arg->name, xc->name, sizeof(arg->name));
	rcu_read_lock_trace();
	set = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());
	if (set) {
		arg->attach_flags = set->flags;
		arg->request_ops = set->request_ops;
		arg->reply_ops = set->reply_ops;
		arg->id = set->id;
		arg->max_attr_valid = set->max_attr_valid;
		arg->max_entry_valid = set->max_entry_valid;
	}
	rcu_read_unlock_trace();
	mutex_unlock(&xc->lock);
}

static long ioctl_query(struct fuse_conn *fc, struct extfuse_ioc_query *arg, void __user *uarg)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (arg->flags || !is_zero(arg->reserved, ARRAY_SIZE(arg->reserved)))
		return -EINVAL;
	memset(arg, 0, sizeof(*arg));
	arg->conn = fc->dev;
	if (!READ_ONCE(fc->connected))
		arg->state = EXTFUSE_STATE_ABORTED;
	if (xc)
		query_fill(xc, arg);
	return copy_to_user(uarg, arg, sizeof(*arg)) ? -EFAULT : 0;
}

/* By its number, with a reference; only for who may attach. */
static struct fuse_conn *conn_find(u32 number)
{
	struct fuse_conn *fc;

	mutex_lock(&fuse_mutex);
	list_for_each_entry(fc, &fuse_conn_list, entry) {
		if (fc->dev == number) {
			fuse_conn_get(fc);
			mutex_unlock(&fuse_mutex);
			return fc;
		}
	}
	mutex_unlock(&fuse_mutex);
	return NULL;
}

static struct fuse_conn *conn_of(struct file *file, u32 number)
{
	struct fuse_dev *fud = READ_ONCE(file->private_data);

	if (number)
		return conn_find(number);
	return fud ? fuse_conn_get(fud->fc) : NULL;
}

static bool may_attach(void)
{
	return capable(CAP_SYS_ADMIN) && capable(CAP_BPF);
}

/* Each structure begins with the number of its connection. */
union ioctl_arg {
	u32 conn;
	struct extfuse_ioc_attach attach;
	struct extfuse_ioc_detach detach;
	struct extfuse_ioc_query query;
	struct extfuse_ioc_stats stats;
};

static long ioctl_do(struct fuse_conn *fc, unsigned int cmd, union ioctl_arg *arg,
		     void __user *uarg)
{
	switch (cmd) {
	case EXTFUSE_IOC_ATTACH:
	case EXTFUSE_IOC_REPLACE:
		return ioctl_attach(fc, &arg->attach, uarg, cmd == EXTFUSE_IOC_REPLACE);
	case EXTFUSE_IOC_DETACH:
		return ioctl_detach(fc, &arg->detach);
	case EXTFUSE_IOC_QUERY:
		return ioctl_query(fc, &arg->query, uarg);
	default:
		return extfuse_ioctl_stats(extfuse_conn_get(fc), &arg->stats, uarg);
	}
}

static bool ioctl_is_read(unsigned int cmd)
{
	return cmd == EXTFUSE_IOC_QUERY || cmd == EXTFUSE_IOC_STATS;
}

/* The fork's ioctl handler calls this for what is not fuse's own. */
long extfuse_dev_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	union ioctl_arg arg = {};
	struct fuse_conn *fc;
	long err;

	switch (cmd) {
	case EXTFUSE_IOC_ATTACH:
	case EXTFUSE_IOC_REPLACE:
	case EXTFUSE_IOC_DETACH:
	case EXTFUSE_IOC_QUERY:
	case EXTFUSE_IOC_STATS:
		break;
	default:
		return -ENOTTY;
	}
	if (copy_from_user(&arg, (void __user *)uarg, _IOC_SIZE(cmd)))
		return -EFAULT;
	if ((arg.conn || !ioctl_is_read(cmd)) && !may_attach())
		return -EPERM;
	fc = conn_of(file, arg.conn);
	if (!fc)
		return -ENODEV;
	err = ioctl_do(fc, cmd, &arg, (void __user *)uarg);
	fuse_conn_put(fc);
	return err;
}

int extfuse_attach_init(void)
{
	get_random_bytes(&extfuse_who_key, sizeof(extfuse_who_key));
	free_wq = alloc_workqueue("extfuse", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return free_wq ? 0 : -ENOMEM;
}

/* Waits for each set that was taken out. */
void extfuse_attach_exit(void)
{
	destroy_workqueue(free_wq);
}
