// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of <linux/extfuse.h>: one table, and the check of the caller's rights.
 */
#include "fuse_i.h"
#include "attach.h"
#include "conn.h"
#include "query.h"
#include "set.h"
#include "stats.h"
#include "test.h"
#include "tracer.h"
#include "passthrough/backing_ioctl.h"
#include <linux/nospec.h>

static long ioctl_detach(struct extfuse_conn *xc, const struct extfuse_ioc_detach *arg)
{
	if (arg->flags || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (!xc)
		return -ENOENT;
	return extfuse_set_detach(xc);
}

/* By its number, with a reference.  The caller has been found to have the right to attach. */
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
	struct extfuse_ioc_test test;
	struct extfuse_ioc_progs progs;
	struct extfuse_ioc_trace trace;
};

/* One call of an ioctl. */
struct call {
	struct file *file;
	struct fuse_conn *fc;
	struct extfuse_conn *xc;
	union ioctl_arg *arg;
	void __user *uarg;
	size_t usize;			/* bytes at @uarg, as the caller knows the structure */
};

/* The caller gets as much as it knows of; what it knows beyond is zero, as this module has nothing to say there. */
static long give(const struct call *call, const void *arg, size_t size)
{
	size_t known = min(size, call->usize);

	if (copy_to_user(call->uarg, arg, known) || clear_user(call->uarg + known, call->usize - known))
		return -EFAULT;
	return 0;
}

static long do_attach(const struct call *call)
{
	return extfuse_ioctl_attach(call->fc, &call->arg->attach, call->uarg, false);
}

static long do_replace(const struct call *call)
{
	return extfuse_ioctl_attach(call->fc, &call->arg->attach, call->uarg, true);
}

static long do_detach(const struct call *call)
{
	return ioctl_detach(call->xc, &call->arg->detach);
}

static long do_query(const struct call *call)
{
	long err = extfuse_ioctl_query(call->fc, call->xc, &call->arg->query);

	return err ?: give(call, &call->arg->query, sizeof(call->arg->query));
}

static long do_stats(const struct call *call)
{
	return extfuse_ioctl_stats(call->xc, &call->arg->stats, call->uarg);
}

static long do_backing_add(const struct call *call)
{
	return extfuse_ioctl_backing_add(call->fc, call->xc, &call->arg->backing, call->file->f_cred);
}

static long do_backing_drop(const struct call *call)
{
	return extfuse_ioctl_backing_drop(call->xc, &call->arg->backing);
}

static long do_backing_open(const struct call *call)
{
	return extfuse_ioctl_backing_open(call->xc, &call->arg->backing, call->uarg, call->file->f_cred);
}

static long do_backing_list(const struct call *call)
{
	long err = extfuse_ioctl_backing_list(call->xc, &call->arg->backing_list);

	return err ?: give(call, &call->arg->backing_list, sizeof(call->arg->backing_list));
}

static long do_backing_limit(const struct call *call)
{
	return extfuse_ioctl_backing_limit(call->xc, &call->arg->backing_limit);
}

static long do_test(const struct call *call)
{
	long err = extfuse_ioctl_test(&call->arg->test);

	return err ?: give(call, &call->arg->test, sizeof(call->arg->test));
}

static long do_progs(const struct call *call)
{
	long err = extfuse_ioctl_progs(call->xc, &call->arg->progs);

	return err ?: give(call, &call->arg->progs, sizeof(call->arg->progs));
}

static long do_trace(const struct call *call)
{
	return extfuse_ioctl_trace(call->fc, &call->arg->trace);
}

enum conn_use {
	NEEDS_NONE,	/* is about no connection */
	MAY_HAVE,	/* extfuse_conn_get() */
	MUST_HAVE,	/* else -ENOENT */
	MAKES,
};

/*
 * By number, so that a caller's structure may be larger or smaller than ours.
 * @least is its size in version 1 of the ABI, which no caller goes below.
 */
#define COMMAND(cmd, version1_size, use, does) \
	[_IOC_NR(cmd)] = { .dir = _IOC_DIR(cmd), .least = version1_size, .size = _IOC_SIZE(cmd), .conn = use, .fn = does }

static const struct command {
	u8 dir;
	u8 conn;		/* enum conn_use */
	u16 least;
	u16 size;
	long (*fn)(const struct call *call);
} commands[] = {
	COMMAND(EXTFUSE_IOC_ATTACH, 112, MAY_HAVE, do_attach),
	COMMAND(EXTFUSE_IOC_REPLACE, 112, MAY_HAVE, do_replace),
	COMMAND(EXTFUSE_IOC_DETACH, 32, MAY_HAVE, do_detach),
	COMMAND(EXTFUSE_IOC_QUERY, 128, MAY_HAVE, do_query),
	COMMAND(EXTFUSE_IOC_STATS, 48, MAY_HAVE, do_stats),
	COMMAND(EXTFUSE_IOC_BACKING_ADD, 40, MAKES, do_backing_add),
	COMMAND(EXTFUSE_IOC_BACKING_DROP, 40, MUST_HAVE, do_backing_drop),
	COMMAND(EXTFUSE_IOC_BACKING_OPEN, 40, MUST_HAVE, do_backing_open),
	COMMAND(EXTFUSE_IOC_BACKING_LIST, 48, MUST_HAVE, do_backing_list),
	COMMAND(EXTFUSE_IOC_BACKING_LIMIT, 16, MAKES, do_backing_limit),
	COMMAND(EXTFUSE_IOC_TEST, 256, NEEDS_NONE, do_test),
	COMMAND(EXTFUSE_IOC_PROGS, 48, MUST_HAVE, do_progs),
	COMMAND(EXTFUSE_IOC_TRACE, 296, MAY_HAVE, do_trace),
};

static const struct command *command_of(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (_IOC_TYPE(cmd) != EXTFUSE_IOC_MAGIC || nr >= ARRAY_SIZE(commands) || _IOC_DIR(cmd) != commands[nr].dir)
		return NULL;
	return &commands[array_index_nospec(nr, ARRAY_SIZE(commands))];
}

static long command_do(const struct command *command, struct call *call)
{
	call->xc = command->conn == MAKES ? extfuse_conn_make(call->fc) : extfuse_conn_get(call->fc);
	if (!call->xc && command->conn != MAY_HAVE)
		return command->conn == MAKES ? -ENOMEM : -ENOENT;
	return command->fn(call);
}

/* A daemon may always ask these of its own connection. */
static bool command_reads(const struct command *command)
{
	return command->fn == do_query || command->fn == do_stats;
}

/*
 * A daemon opens nodes also while it works with the rights of a caller; then it has the
 * capabilities, and does not use them.
 */
static bool may_open(void)
{
	const struct cred *cred = current_cred();

	return cred->user_ns == &init_user_ns && cap_raised(cred->cap_permitted, CAP_SYS_ADMIN) &&
	       cap_raised(cred->cap_permitted, CAP_BPF);
}

static bool may_command(const struct command *command, u32 conn)
{
	if (!conn && (command_reads(command) || (command->fn == do_backing_open && may_open())))
		return true;
	return may_attach();
}

/* Call site: the fork's ioctl handler, for what is not fuse's own. */
long extfuse_dev_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	const struct command *command = command_of(cmd);
	union ioctl_arg arg = {};
	struct call call = {
		.file = file,
		.arg = &arg,
		.uarg = (void __user *)uarg,
		.usize = _IOC_SIZE(cmd),
	};
	long err;

	if (!command)
		return -ENOTTY;
	if (call.usize < command->least)
		return -EINVAL;
	err = copy_struct_from_user(&arg, command->size, call.uarg, call.usize);
	if (err)
		return err;
	if (!may_command(command, arg.conn))
		return -EPERM;
	if (command->conn == NEEDS_NONE)
		return arg.conn ? -EINVAL : command->fn(&call);
	call.fc = conn_of(file, arg.conn);
	if (!call.fc)
		return -ENODEV;
	err = command_do(command, &call);
	fuse_conn_put(call.fc);
	return err;
}
