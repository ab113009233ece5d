// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's threads.  They are our own and not libfuse's loop, because each
 * request's rights are settled before libfuse calls its operation (creds.c), and
 * because one request is answered outside libfuse (tmpfile.c).
 *
 * A request may have to wait for long.  A frozen file system lets no change pass
 * until it thaws.  A user holds the lock of a file that it may write, or of a
 * directory that it may list, as long as the memory that it gave for the data does
 * not come (it is mapped from a FUSE of the user's own): changes there wait, and
 * look-ups behind them.  On a bind mount that is the trouble of the callers there.
 * Here a thread waits as well, and if all did, nobody could do anything.
 *
 * So threads are started when none is free, and requests stand in two lines: what
 * changes something, and what looks.  Of each line no more than WAITING_MAX are at
 * work, and no user's more than WAITING_USER.  What is beyond that is put on a list,
 * from which the line's threads go on.  Root has more than a user, but not all: programs
 * with a set-id bit work for users.  What a list may hold is in queue.c.
 */
#include "queue.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/* As many as libfuse's own loop would keep: enough for a slow disk to be busy. */
#define THREADS_FREE	10
#define THREADS_MAX	(LINES * WAITING_MAX + THREADS_FREE)

/* How long a thread waits for memory before it asks again. */
#define MEMORY_WAIT_MS	100

enum { CHANGES, LOOKS, LINES };

static struct {
	struct fuse_session *se;
	int fd;
	pthread_t main;
	bool init_done;		/* only the first thread sees it change */
	struct line lines[LINES];
	pthread_mutex_t lock;	/* of what follows; held for a few instructions */
	unsigned int threads;
	unsigned int idle;
} pool = {
	.lines = { LINE_INITIALIZER(pool.lines[CHANGES]), LINE_INITIALIZER(pool.lines[LOOKS]) },
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static void *worker_main(void *arg);

/* With the lock held, and one thread counted more. */
static int worker_start(void)
{
	pthread_t thread;
	int err;

	err = pthread_create(&thread, NULL, worker_main, NULL);
	if (!err)
		pthread_detach(thread);
	return err;
}

static void say_missing(int err)
{
	static atomic_bool said;

	if (err && !atomic_exchange(&said, true))
		log_error("mirror of %s: threads are missing: %s", mirror.source, strerror(err));
}

/* The calling thread has work: another thread must be ready for the next request. */
static void worker_busy(void)
{
	bool more;
	int err;

	pthread_mutex_lock(&pool.lock);
	pool.idle--;
	more = !pool.idle && pool.threads < THREADS_MAX;
	if (more) {
		pool.threads++;
		pool.idle++;
	}
	pthread_mutex_unlock(&pool.lock);
	err = more ? worker_start() : 0;
	if (!err)
		return;
	pthread_mutex_lock(&pool.lock);
	pool.threads--;
	pool.idle--;
	pthread_mutex_unlock(&pool.lock);
	say_missing(err);
}

/* False: there are enough threads without this one, which ends. */
static bool worker_idle(void)
{
	bool stay;

	pthread_mutex_lock(&pool.lock);
	stay = pool.idle < THREADS_FREE;
	if (stay)
		pool.idle++;
	else
		pool.threads--;
	pthread_mutex_unlock(&pool.lock);
	return stay;
}

/*
 * INIT, the first request, has one thread to itself.  While libfuse answers
 * it, its defaults are in force until mirror_init() has decided otherwise; and
 * a buffer that one request was spliced into stays marked so in libfuse 3.14
 * when the next is read: that one would be looked for in the pipe, and lost.
 * False: there are enough threads without this one.
 */
static bool after_init(void)
{
	pool.init_done = true;
	nodes_offer_root();
	say_missing(lease_start());
	say_missing(prune_start());
	if (!mirror.log)
		return true;
	/* The log may be on a file system that does not answer; that stops only this thread. */
	worker_busy();
	mirror_go_background();
	return worker_idle();
}

static void say_rights(int err)
{
	static atomic_bool said;

	if (!atomic_exchange(&said, true))
		log_error("mirror of %s: requests fail: cannot take on a caller's rights: %s", mirror.source,
			  strerror(-err));
}

static void say_full(void)
{
	static atomic_bool said;

	if (!atomic_exchange(&said, true))
		log_error("mirror of %s: requests fail: those that wait have all the memory that they may have",
			  mirror.source);
}

/* Nothing is done for the request. */
static void refuse(const struct fuse_in_header *head, int err)
{
	struct fuse_out_header out = { .len = sizeof(out), .error = err, .unique = head->unique };

	if (write(pool.fd, &out, sizeof(out)) < 0 && mirror.debug)
		log_error("mirror of %s: nobody waits for a refusal", mirror.source);
}

/* No request is spliced (mirror_init()); one that was would be nobody's. */
static const struct fuse_in_header unknown = { .uid = 65534, .gid = 65534 };

static const struct fuse_in_header *head_of(const struct fuse_buf *buf)
{
	return buf->flags & FUSE_BUF_IS_FD ? &unknown : buf->mem;
}

static void serve(struct fuse_buf *buf)
{
	const struct fuse_in_header *head = head_of(buf);
	int err = creds_begin(head, head == &unknown ? 0 : buf->size);

	if (err) {
		say_rights(err);
		refuse(head, -EIO);
	} else if (!tmpfile_request(buf, pool.fd)) {
		fuse_session_process_buf(pool.se, buf);
	}
}

/* The line that a request stands in; NULL: it waits for nothing below.  Of leases see lease.c. */
static struct line *line_of(uint32_t opcode)
{
	switch (opcode) {
	case FUSE_INIT:
	case FUSE_DESTROY:
	case FUSE_INTERRUPT:
		return NULL;
	case FUSE_SETATTR:
	case FUSE_SYMLINK:
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_UNLINK:
	case FUSE_RMDIR:
	case FUSE_RENAME:
	case FUSE_RENAME2:
	case FUSE_LINK:
	case FUSE_WRITE:
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_SETXATTR:
	case FUSE_REMOVEXATTR:
	case FUSE_CREATE:
	case FUSE_TMPFILE:
	case FUSE_IOCTL:
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
	/* The last close of a file without a name removes it. */
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return &pool.lines[CHANGES];
	case FUSE_READ:
		/* There may be nothing to read yet: looking need not wait for that. */
		return &pool.lines[mirror.made_when_read ? CHANGES : LOOKS];
	default:
		return &pool.lines[LOOKS];
	}
}

/* No caller can be told that it was not done: the data, the handle or the node would be lost. */
static bool must_be_done(const struct fuse_in_header *head, size_t have)
{
	switch (head->opcode) {
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return true;
	default:
		return creds_writes_back(head, have);
	}
}

static void serve_next(struct line *line, uint32_t uid)
{
	struct queued *q;

	while ((q = line_next(line, uid))) {
		uid = q->uid;
		serve(&q->buf);
		free(q);
	}
}

static void work(struct fuse_buf *buf)
{
	const struct fuse_in_header *head = head_of(buf);
	struct line *line = line_of(head->opcode);
	uint32_t uid;
	bool must;
	int res;

	if (!line || head == &unknown) {
		serve(buf);
		return;
	}
	uid = creds_user(head, buf->size);
	must = must_be_done(head, buf->size);
	res = line_enter(line, uid, buf, must);
	if (!res)
		return;
	if (res < 0 && !must) {
		say_full();
		refuse(head, res);
		return;
	}
	serve(buf);
	if (res > 0)
		serve_next(line, uid);
}

static void wait_for_memory(void)
{
	static atomic_bool said;

	if (!atomic_exchange(&said, true))
		log_error("mirror of %s: requests are late: no memory", mirror.source);
	poll(NULL, 0, MEMORY_WAIT_MS);
}

/*
 * Returns whether the connection goes on.  A thread that has no memory for a buffer has taken no
 * request, and one into whose buffer the kernel cannot copy has lost it: the kernel answers that.
 */
static bool receive(struct fuse_buf *buf)
{
	int res;

	do {
		res = fuse_session_receive_buf(pool.se, buf);
		if (res == -ENOMEM)
			wait_for_memory();
	} while (res == -EINTR || res == -EAGAIN || res == -ENOMEM);
	return res > 0;
}

/* A umask, and rights, of its own. */
static bool thread_init(void)
{
	int err;

	while ((err = creds_thread_init()) == -ENOMEM)
		wait_for_memory();
	if (err)
		log_error("mirror of %s: cannot have a umask and rights of its own in a thread: %s",
			  mirror.source, strerror(-err));
	return !err;
}

static void *worker_main(void *arg)
{
	struct fuse_buf buf = { 0 };
	bool on = thread_init(), enough = false;

	(void)arg;
	while (on && !enough) {
		on = !fuse_session_exited(pool.se) && receive(&buf);
		if (!on)
			break;
		if (pool.init_done)
			worker_busy();
		work(&buf);
		enough = pool.init_done ? !worker_idle() : !after_init();
	}
	free(buf.mem);
	if (!on)
		pthread_kill(pool.main, SIGRTMIN);
	return NULL;
}

int workers_start(struct fuse_session *se, int fd)
{
	pool.se = se;
	pool.fd = fd;
	pool.main = pthread_self();
	pool.threads = 1;
	pool.idle = 1;
	queue_init();
	return worker_start();
}
