// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's threads (workers.c) with a kernel that is made up here: requests come from
 * send(), and an operation takes until thaw() where it is a change.  No request is lost, where
 * there is no memory for a while, or where many wait.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define BUFFER	(1 << 20)	/* libfuse's, for any request */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
	struct fuse_in_header next;	/* to be sent, so many times */
	unsigned int to_send;
	unsigned int no_memory;		/* how often there is none */
	unsigned int no_memory_thread;
	unsigned int asked;
	unsigned int buffers;
	unsigned int begun, done;
	uint64_t sum;			/* of their numbers */
	bool frozen;
	bool ended;
} kernel;

int fuse_session_exited(struct fuse_session *se)
{
	(void)se;
	return 0;
}

static bool memory_is_missing(struct fuse_buf *buf)
{
	if (kernel.no_memory) {
		kernel.no_memory--;
		return true;
	}
	if (!buf->mem) {
		buf->mem = malloc(BUFFER);
		kernel.buffers++;
	}
	return false;
}

int fuse_session_receive_buf(struct fuse_session *se, struct fuse_buf *buf)
{
	int res = 0;

	(void)se;
	pthread_mutex_lock(&lock);
	kernel.asked++;
	if (memory_is_missing(buf)) {
		pthread_mutex_unlock(&lock);
		return -ENOMEM;
	}
	while (!kernel.to_send && !kernel.ended)
		pthread_cond_wait(&changed, &lock);
	if (kernel.to_send) {
		kernel.to_send--;
		kernel.next.unique++;
		memcpy(buf->mem, &kernel.next, sizeof(kernel.next));
		memset((char *)buf->mem + sizeof(kernel.next), (int)kernel.next.unique,
		       kernel.next.len - sizeof(kernel.next));
		res = buf->size = kernel.next.len;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return res;
}

void fuse_session_process_buf(struct fuse_session *se, const struct fuse_buf *buf)
{
	const struct fuse_in_header *head = buf->mem;
	const char *data = buf->mem;
	size_t i;

	(void)se;
	CHECK(buf->size == head->len && !buf->flags, "the size of a request");
	pthread_mutex_lock(&lock);
	kernel.begun++;
	pthread_cond_broadcast(&changed);
	while (kernel.frozen && head->opcode != FUSE_GETATTR)
		pthread_cond_wait(&changed, &lock);
	/* Only now: nothing else may have been written there meanwhile. */
	for (i = sizeof(*head); i < head->len; i++)
		CHECK(data[i] == (char)head->unique, "byte %zu of request %lu", i,
		      (unsigned long)head->unique);
	kernel.sum += head->unique;
	kernel.done++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

int creds_begin(const struct fuse_in_header *head, size_t have)
{
	CHECK(have == head->len, "the size of a request");
	return 0;
}

uint32_t creds_user(const struct fuse_in_header *head, size_t have)
{
	(void)have;
	return head->uid;
}

int creds_thread_init(void)
{
	int err;

	pthread_mutex_lock(&lock);
	err = kernel.no_memory_thread ? -ENOMEM : 0;
	kernel.no_memory_thread -= !!err;
	pthread_mutex_unlock(&lock);
	return err;
}

bool creds_writes_back(const struct fuse_in_header *head, size_t have)
{
	(void)have;
	return head->opcode == FUSE_WRITE && head->pid == 0;
}

bool tmpfile_request(const struct fuse_buf *buf, int dev_fd)
{
	(void)buf;
	(void)dev_fd;
	return false;
}

void nodes_offer_root(void) { }
void mirror_go_background(void) { }
int lease_start(void) { return 0; }
int prune_start(void) { return 0; }

/* All are taken before it returns. */
static void send_requests(unsigned int n, uint32_t opcode, size_t data, uint32_t uid)
{
	pthread_mutex_lock(&lock);
	kernel.next.opcode = opcode;
	kernel.next.uid = uid;
	kernel.next.len = sizeof(kernel.next) + data;
	kernel.to_send = n;
	pthread_cond_broadcast(&changed);
	while (kernel.to_send)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void wait_done(unsigned int n)
{
	pthread_mutex_lock(&lock);
	while (kernel.done < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void freeze(bool on)
{
	pthread_mutex_lock(&lock);
	kernel.frozen = on;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static bool has_ended(void)
{
	const struct timespec at_once = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	return sigtimedwait(&set, NULL, &at_once) == SIGRTMIN;
}

static void test_no_memory(void)
{
	unsigned int asked, before = kernel.done;

	pthread_mutex_lock(&lock);
	kernel.no_memory = 4;
	kernel.no_memory_thread = 2;
	asked = kernel.asked;
	pthread_mutex_unlock(&lock);
	/* More at once than threads are free: others are started. */
	freeze(true);
	send_requests(30, FUSE_MKNOD, 100, 1000);
	freeze(false);
	wait_done(before + 30);
	CHECK(!has_ended(), "the mirror goes on without memory");
	CHECK(!kernel.no_memory && !kernel.no_memory_thread, "memory was missing");
	CHECK(kernel.asked - asked < 30 + 60, "asked %u times", kernel.asked - asked);
}

/* Eight MB of memory: lists may hold one of them. */
long __wrap_sysconf(int name);
long __wrap_sysconf(int name)
{
	return name == _SC_PHYS_PAGES ? 2048 : 4096;
}

/* One user's are at work in 32 threads; others are free. */
#define AT_WORK	32

static void test_lists_are_small(void)
{
	unsigned int before = kernel.done;

	freeze(true);
	send_requests(1000, FUSE_MKNOD, 100, 1000);
	CHECK(kernel.buffers < 30 + AT_WORK + 20, "%u buffers", kernel.buffers);
	/* What need not wait is done meanwhile, for others and for the same user. */
	send_requests(20, FUSE_GETATTR, 16, 1001);
	send_requests(20, FUSE_GETATTR, 16, 1000);
	wait_done(before + 40);
	freeze(false);
	wait_done(before + 1040);
}

/* How many were answered with -ENOMEM. */
static unsigned int refused(int fd)
{
	struct fuse_out_header out;
	unsigned int n = 0;

	while (read(fd, &out, sizeof(out)) == sizeof(out)) {
		CHECK(out.error == -ENOMEM, "error %d", out.error);
		CHECK(out.unique && out.unique <= kernel.next.unique, "number %lu", (unsigned long)out.unique);
		kernel.sum += out.unique;
		n++;
	}
	return n;
}

static void test_lists_have_a_limit(int fd)
{
	unsigned int before = kernel.done, lost;

	freeze(true);
	kernel.next.pid = 1;
	send_requests(100, FUSE_WRITE, 65536, 1000);
	/* No task could be told of these. */
	kernel.next.pid = 0;
	send_requests(10, FUSE_WRITE, 65536, 1000);
	send_requests(10, FUSE_RELEASE, 24, 1000);
	/* Another user's need no list. */
	kernel.next.pid = 1;
	send_requests(10, FUSE_WRITE, 65536, 1001);
	freeze(false);
	lost = 100 - AT_WORK - 15;
	wait_done(before + 130 - lost);
	CHECK(refused(fd) == lost, "so many more than fit were refused: %u", lost);
	/* There is room again. */
	send_requests(40, FUSE_WRITE, 65536, 1000);
	wait_done(before + 170 - lost);
	CHECK(!refused(fd), "none is refused");
}

int main(void)
{
	sigset_t set;
	int fds[2];

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK(!pipe2(fds, O_NONBLOCK) && !workers_start(NULL, fds[1]), "start");
	/* The first has the thread to itself. */
	send_requests(1, FUSE_INIT, 16, 0);
	wait_done(1);
	test_no_memory();
	test_lists_are_small();
	test_lists_have_a_limit(fds[0]);
	CHECK(kernel.sum == kernel.next.unique * (kernel.next.unique + 1) / 2,
	      "each request was served once");
	_exit(0);
}
