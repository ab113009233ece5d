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
 * with a set-id bit work for users.
 */
#include "mirror.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/* As many as libfuse's own loop would keep: enough for a slow disk to be busy. */
#define THREADS_FREE	10
#define WAITING_MAX	128
#define WAITING_USER	32
#define WAITING_ROOT	(WAITING_MAX - WAITING_USER)
#define THREADS_MAX	(LINES * WAITING_MAX + THREADS_FREE)

/* How long a thread waits for memory before it asks again. */
#define MEMORY_WAIT_MS	100

enum { CHANGES, LOOKS, LINES };

struct queued {
	struct queued *next;
	uint32_t uid;
	struct fuse_buf buf;
};

struct line {
	unsigned int at_work;
	uint32_t users[WAITING_MAX];	/* for these */
	struct queued *first;
	struct queued **last;
};

static struct {
	struct fuse_session *se;
	int fd;
	pthread_t main;
	bool init_done;		/* only the first thread sees it change */
	pthread_mutex_t lock;	/* of what follows; held for a few instructions */
	unsigned int threads;
	unsigned int idle;
	struct line lines[LINES];
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.lines = {
		[CHANGES].last = &pool.lines[CHANGES].first,
		[LOOKS].last = &pool.lines[LOOKS].first,
	},
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

/* The rights of the request could not be settled, so nothing is done for it. */
static void refuse(const struct fuse_in_header *head, int err)
{
	static atomic_bool said;
	struct fuse_out_header out = { .len = sizeof(out), .error = -EIO, .unique = head->unique };

	if (!atomic_exchange(&said, true))
		log_error("mirror of %s: requests fail: cannot take on a caller's rights: %s", mirror.source,
			  strerror(-err));
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

	if (err)
		refuse(head, err);
	else if (!tmpfile_request(buf, pool.fd))
		fuse_session_process_buf(pool.se, buf);
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

/* With the lock held: may one more of this user's be at work?  Then it is counted. */
static bool user_begin(struct line *line, uint32_t uid)
{
	unsigned int i, n = 0;

	for (i = 0; i < line->at_work; i++)
		n += line->users[i] == uid;
	if (line->at_work == WAITING_MAX || n >= (uid ? WAITING_USER : WAITING_ROOT))
		return false;
	line->users[line->at_work++] = uid;
	return true;
}

static void user_end(struct line *line, uint32_t uid)
{
	unsigned int i = 0;

	while (line->users[i] != uid)
		i++;
	line->users[i] = line->users[--line->at_work];
}

/*
 * False: as many as may be are at work, and it is on the list now, with the buffer's memory.
 * *@counted: it is one of them.
 */
static bool wait_begin(struct line *line, uint32_t uid, struct fuse_buf *buf, bool *counted)
{
	struct queued *q = NULL;

	pthread_mutex_lock(&pool.lock);
	*counted = user_begin(line, uid);
	if (!*counted)
		q = malloc(sizeof(*q));
	if (q) {
		*q = (struct queued){ .uid = uid, .buf = *buf };
		*line->last = q;
		line->last = &q->next;
	}
	pthread_mutex_unlock(&pool.lock);
	if (q)
		*buf = (struct fuse_buf){ 0 };
	return !q;
}

/* Takes the first off the list that may begin. */
static struct queued *list_take(struct line *line)
{
	struct queued **at = &line->first, *q;

	while ((q = *at) && !user_begin(line, q->uid))
		at = &q->next;
	if (!q)
		return NULL;
	*at = q->next;
	if (!q->next)
		line->last = at;
	return q;
}

/* Puts the next request of the list into the buffer; false: there is none. */
static bool wait_next(struct line *line, uint32_t *uid, struct fuse_buf *buf)
{
	struct queued *q;

	pthread_mutex_lock(&pool.lock);
	user_end(line, *uid);
	q = list_take(line);
	pthread_mutex_unlock(&pool.lock);
	if (!q)
		return false;
	free(buf->mem);
	*buf = q->buf;
	*uid = q->uid;
	free(q);
	return true;
}

static void work(struct fuse_buf *buf)
{
	const struct fuse_in_header *head = head_of(buf);
	struct line *line = line_of(head->opcode);
	uint32_t uid = creds_user(head, head == &unknown ? 0 : buf->size);
	bool counted;

	if (!line) {
		serve(buf);
		return;
	}
	if (!wait_begin(line, uid, buf, &counted))
		return;
	do
		serve(buf);
	while (counted && wait_next(line, &uid, buf));
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
	return worker_start();
}
