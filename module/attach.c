// SPDX-License-Identifier: GPL-2.0-only
/*
 * EXTFUSE_IOC_ATTACH and EXTFUSE_IOC_REPLACE: what the caller asks for is looked at, a set
 * is made of it and published, and the caller is told why not.
 */
#include "fuse_i.h"
#include "attach.h"
#include "conn.h"
#include "helpers.h"
#include "set.h"
#include <linux/rcupdate_trace.h>

/* extfuse_attach_is_valid - is it what this module knows?  The programs are not looked at. */
int extfuse_attach_is_valid(const struct extfuse_ioc_attach *arg)
{
	if (arg->flags & ~EXTFUSE_ATTACH_FLAGS || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (arg->reserved0 || arg->close_valid > EXTFUSE_MAX_CLOSE_VALID)
		return -EINVAL;
	/* A policy may hide what it likes. */
	if (arg->flags & EXTFUSE_ATTACH_FAIL_CLOSED && arg->flags & EXTFUSE_ATTACH_HIDES_NONE)
		return -EINVAL;
	if (!arg->nprogs || arg->nprogs > EXTFUSE_PROGS_MAX)
		return -EINVAL;
	if (strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name))
		return -EINVAL;
	return 0;
}

/* extfuse_attach_log - why a program was refused, for the caller */
int extfuse_attach_log(const struct extfuse_ioc_attach *arg, const struct extfuse_log *log)
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
	return extfuse_attach_log(arg, log) ?: put_user(id, &uarg->id);
}

static int aborted_meanwhile(struct fuse_conn *fc)
{
	/*
	 * An abort clears connected, then takes the set.  Here the set is published,
	 * then connected is read: one of both sees the other.
	 */
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

long extfuse_ioctl_attach(struct fuse_conn *fc, struct extfuse_ioc_attach *arg, void __user *uarg,
			  bool replace)
{
	char text[256] = "";
	struct extfuse_log log = { .buf = text, .size = sizeof(text) };
	long err;

	err = extfuse_attach_is_valid(arg);
	if (err)
		return err;
	err = attach_locked(fc, arg, uarg, &log, replace);
	/* Why not; where that cannot be written the error stays what it is. */
	if (err)
		extfuse_attach_log(arg, &log);
	return err;
}
