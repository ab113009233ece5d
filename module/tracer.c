// SPDX-License-Identifier: GPL-2.0-only
/*
 * EXTFUSE_IOC_TRACE: a descriptor from which records of requests are read.  Each tracer has
 * a list of records, and a number of bytes that they may take; what is more is counted.
 *
 * The list of tracers is walked under RCU by requests that end.  A tracer's lock is taken
 * for a few instructions, and nothing is called under it.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "trace_record.h"
#include "traced.h"
#include "tracer.h"
#include <linux/anon_inodes.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>

struct tracer {
	struct list_head list;
	const struct fuse_conn *fc;	/* only compared; NULL: it is gone */
	u64 ops;
	u32 flags;
	u32 room;
	struct pid *pid;		/* a reference; NULL: of all */
	struct pid_namespace *pid_ns;
	char name[EXTFUSE_TRACE_NAME_LEN];
	struct mutex read_lock;
	wait_queue_head_t wait;

	spinlock_t lock;		/* the following */
	struct list_head records;
	size_t bytes;
	u64 lost;
	u64 told;			/* the last @lost that was read */
};

static DEFINE_MUTEX(tracers_lock);
static LIST_HEAD(tracers);

static bool tracer_wants(const struct tracer *tr, const struct fuse_conn *fc, u32 opcode, const struct pid *tgid)
{
	if (READ_ONCE(tr->fc) != fc || opcode >= EXTFUSE_OPCODES || !(tr->ops & BIT_ULL(opcode)))
		return false;
	return !tr->pid || tr->pid == tgid;
}

bool extfuse_tracers_want(const struct fuse_conn *fc, u32 opcode)
{
	const struct tracer *tr;
	bool wants = false;

	rcu_read_lock();
	list_for_each_entry_rcu(tr, &tracers, list)
		wants |= tracer_wants(tr, fc, opcode, task_tgid(current));
	rcu_read_unlock();
	return wants;
}

static void tracer_lose(struct tracer *tr)
{
	spin_lock(&tr->lock);
	tr->lost++;
	spin_unlock(&tr->lock);
	wake_up_interruptible(&tr->wait);
}

void extfuse_tracers_lose(const struct fuse_conn *fc, u32 opcode)
{
	struct tracer *tr;

	rcu_read_lock();
	list_for_each_entry_rcu(tr, &tracers, list) {
		if (tracer_wants(tr, fc, opcode, task_tgid(current)))
			tracer_lose(tr);
	}
	rcu_read_unlock();
}

static void tracer_put(struct tracer *tr, struct extfuse_record *record)
{
	u32 size = record->head.size;

	spin_lock(&tr->lock);
	record->head.lost = tr->lost;
	if (size <= tr->room - tr->bytes) {
		list_add_tail(&record->list, &tr->records);
		tr->bytes += size;
		record = NULL;
	} else {
		tr->lost++;
	}
	spin_unlock(&tr->lock);
	kfree(record);
	wake_up_interruptible(&tr->wait);
}

static void tracer_give(struct tracer *tr, const struct extfuse_traced *t, const struct fuse_args *args,
			const struct extfuse_outputs *outputs)
{
	struct extfuse_record *record = NULL;

	if (*tr->name && !extfuse_record_has_name(t, args, tr->name))
		return;
	/* What would be thrown away need not be made. */
	if (READ_ONCE(tr->bytes) < tr->room)
		record = extfuse_record_make(t, args, outputs, tr->flags & EXTFUSE_TRACE_DATA);
	if (!record) {
		tracer_lose(tr);
		return;
	}
	record->head.tgid = pid_nr_ns(t->tgid, tr->pid_ns);
	tracer_put(tr, record);
}

void extfuse_tracers_give(const struct extfuse_traced *t, const struct fuse_args *args, ssize_t ret)
{
	struct extfuse_outputs outputs;
	struct tracer *tr;

	extfuse_outputs_find(&outputs, args, t->background, ret);
	rcu_read_lock();
	list_for_each_entry_rcu(tr, &tracers, list) {
		if (tracer_wants(tr, t->fc, args->opcode, t->tgid))
			tracer_give(tr, t, args, &outputs);
	}
	rcu_read_unlock();
}

void extfuse_tracers_end(const struct fuse_conn *fc)
{
	struct tracer *tr;

	/* Pairs with that in extfuse_ioctl_trace(). */
	smp_mb();
	rcu_read_lock();
	list_for_each_entry_rcu(tr, &tracers, list) {
		if (READ_ONCE(tr->fc) != fc)
			continue;
		WRITE_ONCE(tr->fc, NULL);
		wake_up_interruptible(&tr->wait);
	}
	rcu_read_unlock();
}

/* Something to read, if only that something was lost. */
static bool tracer_has(struct tracer *tr)
{
	bool has;

	spin_lock(&tr->lock);
	has = !list_empty(&tr->records) || tr->lost != tr->told;
	spin_unlock(&tr->lock);
	return has;
}

/*
 * What is read next; 0: nothing.  It stays the first until record_took(), for one reads at a
 * time.  @head: what is told without a record.
 */
static u32 record_next(struct tracer *tr, struct extfuse_record **record, struct extfuse_trace *head)
{
	u32 size = 0;

	memset(head, 0, sizeof(*head));
	spin_lock(&tr->lock);
	*record = list_first_entry_or_null(&tr->records, struct extfuse_record, list);
	if (*record) {
		size = (*record)->head.size;
	} else if (tr->lost != tr->told) {
		size = sizeof(*head);
		head->lost = tr->lost;
	}
	spin_unlock(&tr->lock);
	head->size = size;
	return size;
}

static void record_took(struct tracer *tr, struct extfuse_record *record, const struct extfuse_trace *head)
{
	spin_lock(&tr->lock);
	tr->told = head->lost;
	if (record) {
		list_del(&record->list);
		tr->bytes -= head->size;
	}
	spin_unlock(&tr->lock);
	kfree(record);
}

/* One at most.  Returns its size; 0: there is none. */
static ssize_t record_read(struct tracer *tr, char __user *to, size_t room)
{
	struct extfuse_record *record;
	const struct extfuse_trace *from;
	struct extfuse_trace head;
	u32 size = record_next(tr, &record, &head);

	from = record ? &record->head : &head;
	if (size > room)
		return -EINVAL;
	if (copy_to_user(to, from, size))
		return -EFAULT;
	if (size)
		record_took(tr, record, from);
	return size;
}

/* As many as there is room for. */
static ssize_t records_read(struct tracer *tr, char __user *to, size_t size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = record_read(tr, to + done, size - done);
		if (n > 0)
			done += n;
	} while (n > 0);
	return done ?: n;
}

static ssize_t tracer_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct tracer *tr = file->private_data;
	ssize_t ret;

	do {
		bool gone = !READ_ONCE(tr->fc);

		/* What came before the end was put there before it. */
		smp_rmb();
		if (mutex_lock_interruptible(&tr->read_lock))
			return -ERESTARTSYS;
		ret = records_read(tr, to, size);
		mutex_unlock(&tr->read_lock);
		if (ret || gone)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(tr->wait, tracer_has(tr) || !READ_ONCE(tr->fc));
	} while (!ret);
	return ret;
}

static __poll_t tracer_poll(struct file *file, poll_table *wait)
{
	struct tracer *tr = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &tr->wait, wait);
	if (tracer_has(tr))
		events |= EPOLLIN | EPOLLRDNORM;
	if (!READ_ONCE(tr->fc))
		events |= EPOLLHUP;
	return events;
}

static void tracer_free(struct tracer *tr)
{
	struct extfuse_record *record, *next;

	list_for_each_entry_safe(record, next, &tr->records, list)
		kfree(record);
	put_pid(tr->pid);
	put_pid_ns(tr->pid_ns);
	mutex_destroy(&tr->read_lock);
	kfree(tr);
}

static void tracer_remove(struct tracer *tr)
{
	mutex_lock(&tracers_lock);
	list_del_rcu(&tr->list);
	mutex_unlock(&tracers_lock);
	extfuse_tracing_off();
	synchronize_rcu();
	tracer_free(tr);
}

static int tracer_release(struct inode *inode, struct file *file)
{
	tracer_remove(file->private_data);
	return 0;
}

static const struct file_operations tracer_ops = {
	.owner = THIS_MODULE,
	.read = tracer_read,
	.poll = tracer_poll,
	.release = tracer_release,
};

static int arg_is_valid(const struct extfuse_ioc_trace *arg)
{
	if (arg->flags & ~EXTFUSE_TRACE_DATA || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name))
		return -EINVAL;
	return arg->room < EXTFUSE_TRACE_LEAST || arg->room > EXTFUSE_TRACE_MOST ? -EINVAL : 0;
}

static struct tracer *tracer_make(const struct fuse_conn *fc, const struct extfuse_ioc_trace *arg)
{
	struct tracer *tr = kzalloc(sizeof(*tr), GFP_KERNEL_ACCOUNT);

	if (!tr)
		return ERR_PTR(-ENOMEM);
	if (arg->pid) {
		tr->pid = find_get_pid(arg->pid);
		/* That of a thread is no process's: nothing would ever be traced. */
		if (!tr->pid || !pid_has_task(tr->pid, PIDTYPE_TGID)) {
			put_pid(tr->pid);
			kfree(tr);
			return ERR_PTR(-ESRCH);
		}
	}
	tr->fc = fc;
	tr->ops = arg->ops ?: U64_MAX;
	tr->flags = arg->flags;
	tr->room = arg->room;
	tr->pid_ns = get_pid_ns(task_active_pid_ns(current));
	memcpy(tr->name, arg->name, sizeof(tr->name));
	mutex_init(&tr->read_lock);
	init_waitqueue_head(&tr->wait);
	spin_lock_init(&tr->lock);
	INIT_LIST_HEAD(&tr->records);
	return tr;
}

/* extfuse_ioctl_trace - EXTFUSE_IOC_TRACE; returns a descriptor */
long extfuse_ioctl_trace(struct fuse_conn *fc, const struct extfuse_ioc_trace *arg)
{
	int err = arg_is_valid(arg);
	struct tracer *tr;
	int fd;

	if (err)
		return err;
	tr = tracer_make(fc, arg);
	if (IS_ERR(tr))
		return PTR_ERR(tr);
	mutex_lock(&tracers_lock);
	list_add_tail_rcu(&tr->list, &tracers);
	mutex_unlock(&tracers_lock);
	extfuse_tracing_on();
	/* An abort that has not seen it was before this. */
	smp_mb();
	if (!extfuse_conn_is_connected(fc)) {
		tracer_remove(tr);
		return -ENOTCONN;
	}
	fd = anon_inode_getfd("[extfuse-trace]", &tracer_ops, tr, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tracer_remove(tr);
	return fd;
}
