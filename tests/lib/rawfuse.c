// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon for tests: mounting, INIT, the threads, and the way of a request from the descriptor to its handler and
 * back. Threads wait in poll() with a second descriptor that wakes them, never in read(): a thread that sleeps in
 * read() would keep the device open after raw_drop() closed it.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse_i.h"

#define BUFFER_SIZE	(1024 * 1024 + 65536)

static struct rawfuse *live[16];	/* to be unmounted when a case ends early */

void raw_lock(struct rawfuse *rf)
{
	pthread_mutex_lock(&rf->lock);
}

void raw_unlock(struct rawfuse *rf)
{
	pthread_mutex_unlock(&rf->lock);
}

void raw_complain(struct rawfuse *rf, const char *fmt, ...)
{
	va_list args;

	__atomic_add_fetch(&rf->complaints, 1, __ATOMIC_SEQ_CST);
	fprintf(stderr, "rawfuse: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
}

/* The handler of the case, or the usual answer. */
void raw_serve(struct raw_req *req)
{
	struct rawfuse *rf = req->rf;
	struct raw_op *op = &rf->op[req->in->opcode % RAW_OPCODES];
	unsigned int delay;
	raw_handler handler;
	int result = RAW_DEFAULT;

	raw_lock(rf);
	handler = op->handler;
	req->data = op->handler_data;
	delay = op->delay_ms;
	raw_unlock(rf);
	if (delay)
		raw_sleep_ms(delay);
	if (handler)
		result = handler(req);
	if (result == RAW_DEFAULT)
		result = ops_default(req);
	if (result < 0)
		raw_reply(req, result, NULL, 0);
}

static void do_init(struct raw_req *req)
{
	const struct fuse_init_in *in = req->arg;
	struct rawfuse *rf = req->rf;
	uint64_t offered = in->flags;
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = rf->minor,
		.max_readahead = rf->opts.max_readahead ?: in->max_readahead,
		.max_background = rf->opts.max_background,
		.max_write = rf->opts.max_write,
		.max_pages = (rf->opts.max_write + 4095) / 4096,
		.time_gran = 1,
	};

	if (in->flags & FUSE_INIT_EXT)
		offered |= (uint64_t)in->flags2 << 32;
	rf->init_flags = ((RAW_FLAGS & ~rf->opts.no_flags) | rf->opts.flags) & offered;
	out.flags = rf->init_flags;
	out.flags2 = rf->init_flags >> 32;
	/* The word behind flags2, which older headers do not name. */
	memcpy((char *)&out + offsetof(struct fuse_init_out, flags2) + sizeof(out.flags2), &rf->opts.max_stack_depth,
	       sizeof(rf->opts.max_stack_depth));
	raw_reply(req, 0, &out, rf->minor < 23 ? FUSE_COMPAT_22_INIT_OUT_SIZE : sizeof(out));
	__atomic_store_n(&rf->init_done, true, __ATOMIC_SEQ_CST);
}

void raw_init(struct rawfuse *rf)
{
	CHECK(raw_until(20, __atomic_load_n(&rf->init_req, __ATOMIC_SEQ_CST)), "INIT must come");
	do_init(rf->init_req);
	free(rf->init_req);
	rf->init_req = NULL;
}

static void do_forget(struct rawfuse *rf, uint64_t nodeid, uint64_t n)
{
	struct raw_node *node;

	raw_lock(rf);
	node = tree_node(rf, nodeid);
	if (node) {
		node->forgets += n;
		node->nlookup -= n;
	}
	if (!node || node->nlookup < 0)
		raw_complain(rf, "FORGET of %llu for node %llu, of which the kernel had only %lld", (long long)n,
			     (long long)nodeid, node ? (long long)(node->nlookup + n) : 0);
	raw_unlock(rf);
}

static void do_batch_forget(struct raw_req *req)
{
	const struct fuse_batch_forget_in *in = req->arg;
	const struct fuse_forget_one *one = (const void *)(in + 1);
	uint32_t i;

	for (i = 0; i < in->count; i++)
		do_forget(req->rf, one[i].nodeid, one[i].nlookup);
}

/* A request that is held, and whose caller gave up. */
static void do_interrupt(struct raw_req *req)
{
	const struct fuse_interrupt_in *in = req->arg;
	struct raw_waiting **w, *found = NULL;

	raw_lock(req->rf);
	for (w = &req->rf->waiting; *w; w = &(*w)->next) {
		if ((*w)->req->in->unique == in->unique) {
			found = *w;
			*w = found->next;
			req->rf->op[found->req->in->opcode].held--;
			break;
		}
	}
	raw_unlock(req->rf);
	if (!found)
		return;
	raw_reply(found->req, -EINTR, NULL, 0);
	free(found->req);
	free(found);
}

/* Counts, checks that we know the node, keeps it back if asked to. True: it is to be served now. */
static bool take(struct raw_req *req)
{
	struct rawfuse *rf = req->rf;
	const struct fuse_in_header *in = req->in;
	struct raw_op *op = &rf->op[in->opcode % RAW_OPCODES];
	struct raw_waiting *w, **end;
	struct raw_node *node;
	bool now = true;

	raw_lock(rf);
	op->count++;
	rf->log[rf->nlog % RAW_LOG].opcode = in->opcode;
	rf->log[rf->nlog % RAW_LOG].nodeid = in->nodeid;
	rf->nlog++;
	node = tree_node(rf, in->nodeid);
	if (in->nodeid && (!node || node->nlookup <= 0))
		raw_complain(rf, "%s for node %llu, which the kernel has forgotten", raw_opname(in->opcode),
			     (long long)in->nodeid);
	if (op->hold) {
		w = calloc(1, sizeof(*w));
		CHECK(w, "memory for a request");
		w->req = raw_keep(req);
		for (end = &rf->waiting; *end; end = &(*end)->next)
			;
		*end = w;
		op->held++;
		now = false;
	}
	raw_unlock(rf);
	return now;
}

static void dispatch(struct rawfuse *rf, const void *buf, size_t len)
{
	const struct fuse_in_header *in = buf;
	struct raw_req req = {
		.rf = rf,
		.in = in,
		.arg = in + 1,
		.arglen = len - sizeof(*in),
	};

	if (len < sizeof(*in) || in->len != len || in->opcode >= RAW_OPCODES) {
		raw_complain(rf, "a request of %zu bytes, opcode %u, says that it has %u", len, in->opcode, in->len);
		return;
	}
	switch (in->opcode) {
	case FUSE_INIT:
		__atomic_add_fetch(&rf->op[FUSE_INIT].count, 1, __ATOMIC_SEQ_CST);
		if (rf->opts.no_init)
			__atomic_store_n(&rf->init_req, raw_keep(&req), __ATOMIC_SEQ_CST);
		else
			do_init(&req);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		__atomic_add_fetch(&rf->op[in->opcode].count, 1, __ATOMIC_SEQ_CST);
		if (in->opcode == FUSE_FORGET)
			do_forget(rf, in->nodeid, ((const struct fuse_forget_in *)req.arg)->nlookup);
		else if (in->opcode == FUSE_BATCH_FORGET)
			do_batch_forget(&req);
		else
			do_interrupt(&req);
		return;
	}
	if (take(&req))
		raw_serve(&req);
}

static void *thread(void *data)
{
	struct rawfuse *rf = data;
	struct pollfd p[2] = { { .fd = rf->fd, .events = POLLIN }, { .fd = rf->wake, .events = POLLIN } };
	char *buf = malloc(BUFFER_SIZE);
	ssize_t n;

	while (buf) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents)
			break;
		n = read(rf->fd, buf, BUFFER_SIZE);
		if (n > 0)
			dispatch(rf, buf, n);
		else if (n < 0 && errno == ENODEV)
			break;
	}
	free(buf);
	return NULL;
}

/*
 * A case that ends early closes its files, and each close is a request to a daemon that is this very process: it would
 * wait for ever, beyond the reach of signals. So the daemon dies first. No thread is joined: the lock may be held.
 */
static void at_exit(void)
{
	uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < sizeof(live) / sizeof(*live); i++) {
		if (!live[i] || live[i]->owner != getpid())
			continue;
		if (live[i]->mounted)
			mount_give_up(live[i]);
		if (live[i]->fd < 0 || write(live[i]->wake, &one, sizeof(one)) != sizeof(one))
			continue;
		raw_sleep_ms(100);
		close(live[i]->fd);
	}
}

static void live_set(struct rawfuse *from, struct rawfuse *to)
{
	static bool registered;
	unsigned int i;

	if (!registered)
		atexit(at_exit);
	registered = true;
	for (i = 0; i < sizeof(live) / sizeof(*live); i++) {
		if (live[i] == from) {
			live[i] = to;
			return;
		}
	}
}

struct rawfuse *raw_start(const struct raw_opts *opts)
{
	struct rawfuse *rf = calloc(1, sizeof(*rf));
	pthread_mutexattr_t attr;
	unsigned int i;

	CHECK(rf, "memory for a daemon");
	rf->opts = *opts;
	rf->owner = getpid();
	rf->minor = opts->minor ?: FUSE_KERNEL_MINOR_VERSION;
	if (!rf->opts.max_write)
		rf->opts.max_write = 128 * 1024;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&rf->lock, &attr);
	tree_start(rf);
	rf->wake = eventfd(0, EFD_CLOEXEC);
	mount_start(rf);
	live_set(NULL, rf);
	rf->nthreads = opts->threads ?: 4;
	rf->threads = calloc(rf->nthreads, sizeof(*rf->threads));
	for (i = 0; i < rf->nthreads; i++)
		CHECK(!pthread_create(&rf->threads[i], NULL, thread, rf), "a thread of the daemon");
	if (!opts->no_init)
		CHECK(raw_until(20, __atomic_load_n(&rf->init_done, __ATOMIC_SEQ_CST)), "INIT must come");
	return rf;
}

static void end_threads(struct rawfuse *rf)
{
	uint64_t one = 1;
	unsigned int i;

	if (write(rf->wake, &one, sizeof(one)) != sizeof(one))
		perror("rawfuse: eventfd");
	for (i = 0; i < rf->nthreads; i++)
		pthread_join(rf->threads[i], NULL);
	rf->nthreads = 0;
}

void raw_drop(struct rawfuse *rf)
{
	end_threads(rf);
	if (rf->fd >= 0)
		close(rf->fd);
	rf->fd = -1;
}

void raw_umount(struct rawfuse *rf)
{
	if (!rf->mounted)
		return;
	mount_end(rf);
	raw_drop(rf);
}

void raw_stop(struct rawfuse *rf)
{
	struct raw_waiting *w;

	raw_umount(rf);
	raw_drop(rf);
	CHECK(!raw_complaints(rf), "the daemon has %llu complaints, see above", (long long)raw_complaints(rf));
	live_set(rf, NULL);
	while ((w = rf->waiting)) {
		rf->waiting = w->next;
		free(w->req);
		free(w);
	}
	close(rf->wake);
	tree_free(rf);
	free(rf->threads);
	free(rf);
}
