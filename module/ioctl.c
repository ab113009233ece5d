// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of <linux/extfuse.h>, and who may call them.
 */
#include "fuse_i.h"
#include "conn.h"
#include "helpers.h"
#include "params.h"
#include "set.h"
#include "stats.h"
#include "passthrough/backing_ioctl.h"
#include <linux/module.h>
#include <linux/rcupdate_trace.h>

static bool is_zero(const u64 *p, unsigned int n)
{
	while (n--) {
		if (p[n])
			return false;
	}
	return true;
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
	log->buf[len - 1] = '\0';
	return copy_to_user(u64_to_user_ptr(arg->log), log->buf, len) ? -EFAULT : 0;
}

/* Of what is about to be attached: memory that cannot be written must be found before. */
static int attach_answer(const struct extfuse_ioc_attach *arg, struct extfuse_ioc_attach __user *uarg,
			 const struct extfuse_log *log, u64 id)
{
	return log_give(arg, log) ?: put_user(id, &uarg->id);
}

/* Abort clears connected, then takes the set; who publishes one looks after it: one of both sees the other. */
static int aborted_meanwhile(struct fuse_conn *fc)
{
	smp_mb();
	if (extfuse_conn_is_connected(fc))
		return 0;
	extfuse_conn_abort(fc);
	return -ENOTCONN;
}

static long attach_locked(struct fuse_conn *fc, const struct extfuse_ioc_attach *arg,
			  struct extfuse_ioc_attach __user *uarg, struct extfuse_log *log,
			  bool replace)
{
	struct extfuse_conn *xc = extfuse_conn_make(fc);
	struct extfuse_set *set;
	long err;

	if (!xc)
		return -ENOMEM;
	/* Else each try would leave a set to a grace period of its own. */
	if (!extfuse_conn_is_connected(fc))
		return -ENOTCONN;
	set = extfuse_set_make(arg, log);
	if (IS_ERR(set))
		return PTR_ERR(set);
	err = attach_answer(arg, uarg, log, set->id);
	if (err) {
		extfuse_set_free(set);
		return err;
	}
	mutex_lock(&xc->lock);
	err = extfuse_set_publish(xc, set, replace);
	if (!err)
		err = aborted_meanwhile(fc);
	else
		extfuse_set_free(set);
	mutex_unlock(&xc->lock);
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
	long err;

	err = attach_is_valid(arg);
	if (err)
		return err;
	err = attach_locked(fc, arg, uarg, &log, replace);
	/* Why not; where that cannot be written the error stays what it is. */
	if (err)
		log_give(arg, &log);
	return err;
}

static long ioctl_detach(struct fuse_conn *fc, const struct extfuse_ioc_detach *arg)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (arg->flags || !is_zero(arg->reserved, ARRAY_SIZE(arg->reserved)))
		return -EINVAL;
	if (!xc)
		return -ENOENT;
	return extfuse_set_detach(xc);
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
	if (!extfuse_conn_is_connected(fc))
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
	struct fuse_conn *fc;

	if (number)
		return conn_find(number);
	fc = extfuse_file_conn(file);
	return fc ? fuse_conn_get(fc) : NULL;
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
	struct extfuse_ioc_backing backing;
	struct extfuse_ioc_backing_list backing_list;
	struct extfuse_ioc_backing_limit backing_limit;
};

static bool ioctl_is_backing(unsigned int cmd)
{
	switch (cmd) {
	case EXTFUSE_IOC_BACKING_ADD:
	case EXTFUSE_IOC_BACKING_DROP:
	case EXTFUSE_IOC_BACKING_OPEN:
	case EXTFUSE_IOC_BACKING_LIST:
	case EXTFUSE_IOC_BACKING_LIMIT:
		return true;
	default:
		return false;
	}
}

static long ioctl_backing(struct file *file, struct fuse_conn *fc, unsigned int cmd,
			  union ioctl_arg *arg, void __user *uarg)
{
	bool makes = cmd == EXTFUSE_IOC_BACKING_ADD || cmd == EXTFUSE_IOC_BACKING_LIMIT;
	struct extfuse_conn *xc = makes ? extfuse_conn_make(fc) : extfuse_conn_get(fc);

	if (!xc)
		return makes ? -ENOMEM : -ENOENT;
	switch (cmd) {
	case EXTFUSE_IOC_BACKING_ADD:
		return extfuse_ioctl_backing_add(fc, xc, &arg->backing, file->f_cred);
	case EXTFUSE_IOC_BACKING_DROP:
		return extfuse_ioctl_backing_drop(xc, &arg->backing);
	case EXTFUSE_IOC_BACKING_OPEN:
		return extfuse_ioctl_backing_open(xc, &arg->backing, uarg);
	case EXTFUSE_IOC_BACKING_LIST:
		return extfuse_ioctl_backing_list(xc, &arg->backing_list, uarg);
	default:
		return extfuse_ioctl_backing_limit(xc, &arg->backing_limit);
	}
}

static long ioctl_do(struct file *file, struct fuse_conn *fc, unsigned int cmd,
		     union ioctl_arg *arg, void __user *uarg)
{
	if (ioctl_is_backing(cmd))
		return ioctl_backing(file, fc, cmd, arg, uarg);
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
		if (!ioctl_is_backing(cmd))
			return -ENOTTY;
	}
	if (copy_from_user(&arg, (void __user *)uarg, _IOC_SIZE(cmd)))
		return -EFAULT;
	if ((arg.conn || !ioctl_is_read(cmd)) && !may_attach())
		return -EPERM;
	fc = conn_of(file, arg.conn);
	if (!fc)
		return -ENODEV;
	err = ioctl_do(file, fc, cmd, &arg, (void __user *)uarg);
	fuse_conn_put(fc);
	return err;
}
