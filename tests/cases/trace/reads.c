// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: EXTFUSE_IOC_TRACE refuses what is no trace; its descriptor gives whole records of the requests that were asked for, and ends with the mount
 * needs: extfuse root
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <extfuse/extfuse.h>

#include "rawfuse.h"

#define EXPECT(want, expr)								\
	do {										\
		long long expect_got = (expr);						\
											\
		CHECK(expect_got == (long long)(want), "%s is %lld, must be %s", #expr,	\
		      expect_got, #want);						\
	} while (0)

static struct rawfuse *rf;
static char bytes[EXTFUSE_TRACE_RECORD_MAX] __attribute__((aligned(8)));

static struct extfuse_ioc_trace wanted(uint32_t flags)
{
	return (struct extfuse_ioc_trace) { .conn = raw_conn(rf), .flags = flags, .room = EXTFUSE_TRACE_LEAST };
}

static int begin(const struct extfuse_ioc_trace *arg)
{
	int fd = ioctl(raw_fd(rf), EXTFUSE_IOC_TRACE, arg);

	return fd < 0 ? -errno : fd;
}

static int begin_now(uint32_t flags)
{
	struct extfuse_ioc_trace arg = wanted(flags);
	int fd = begin(&arg);

	CHECK(fd >= 0, "a trace: %d", fd);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC, "a descriptor that programs do not inherit");
	CHECK(!fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	return fd;
}

static void look(const char *name)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", raw_dir(rf), name);
	(void)!stat(path, &st);
}

/* A thread has a number that is no process's. */
static void *by_thread(void *out)
{
	struct extfuse_ioc_trace arg = wanted(0);

	arg.pid = gettid();
	*(int *)out = begin(&arg);
	return NULL;
}

static int of_thread(void)
{
	pthread_t t;
	int ret = 0;

	CHECK(!pthread_create(&t, NULL, by_thread, &ret), "a thread");
	pthread_join(t, NULL);
	return ret;
}

static void refusals(void)
{
	struct extfuse_ioc_trace arg = wanted(0);

	arg.conn = 12345678;
	EXPECT(-ENODEV, begin(&arg));
	arg = wanted(EXTFUSE_TRACE_DATA << 1);
	EXPECT(-EINVAL, begin(&arg));
	arg = wanted(0);
	arg.reserved[1] = 1;
	EXPECT(-EINVAL, begin(&arg));
	arg = wanted(0);
	arg.room = EXTFUSE_TRACE_LEAST - 1;
	EXPECT(-EINVAL, begin(&arg));
	arg.room = EXTFUSE_TRACE_MOST + 1;
	EXPECT(-EINVAL, begin(&arg));
	arg = wanted(0);
	memset(arg.name, 'x', sizeof(arg.name));
	EXPECT(-EINVAL, begin(&arg));
	arg = wanted(0);
	arg.pid = 0x7fffffff;
	EXPECT(-ESRCH, begin(&arg));
	EXPECT(-ESRCH, of_thread());
	EXPECT(-EFAULT, begin((void *)16));
}

static void records(void)
{
	int fd = begin_now(0), data = begin_now(EXTFUSE_TRACE_DATA);
	const struct extfuse_trace *head = (void *)bytes;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	void *nowhere = mmap(NULL, sizeof(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char value[2000] = "", path[300];
	ssize_t n;

	EXPECT(-1, read(fd, bytes, sizeof(bytes)));
	EXPECT(EAGAIN, errno);
	EXPECT(0, poll(&p, 1, 0));
	look("nothing");
	EXPECT(1, poll(&p, 1, 0));
	EXPECT(POLLIN, p.revents);
	/* No part of a record, and not lost. */
	EXPECT(-1, read(fd, bytes, sizeof(*head)));
	EXPECT(EINVAL, errno);
	EXPECT(-1, read(fd, nowhere, sizeof(bytes)));
	EXPECT(EFAULT, errno);
	n = read(fd, bytes, sizeof(bytes));
	CHECK(n >= (ssize_t)sizeof(*head) && n == head->size && !(n % 8), "one record: %zd", n);
	EXPECT(FUSE_LOOKUP, head->opcode);
	EXPECT(-ENOENT, head->error);
	EXPECT(EXTFUSE_BY_DAEMON, head->by);
	EXPECT(getpid(), head->tgid);
	EXPECT(0, head->lost);
	EXPECT(sizeof("nothing"), head->in_size[0]);
	EXPECT(0, strcmp(bytes + sizeof(*head), "nothing"));
	/* A large input: the one has all of it, the other its beginning. */
	snprintf(path, sizeof(path), "%s/file", raw_dir(rf));
	memset(value, 'v', sizeof(value));
	CHECK(!setxattr(path, "user.large", value, sizeof(value), 0), "setxattr");
	while ((n = read(data, bytes, sizeof(*head) + 2600)) > 0 && head->opcode != FUSE_SETXATTR)
		;
	CHECK(n > 0, "SETXATTR with its data");
	EXPECT(sizeof(value), head->in_size[2]);
	EXPECT('v', bytes[sizeof(*head) + head->in_size[0] + head->in_size[1] + sizeof(value) - 1]);
	while ((n = read(fd, bytes, sizeof(*head) + 1200)) > 0 && head->opcode != FUSE_SETXATTR)
		;
	CHECK(n > 0, "SETXATTR");
	EXPECT(EXTFUSE_TRACE_SHORT, head->in_size[0] + head->in_size[1] + head->in_size[2]);
	EXPECT(8 + sizeof("user.large") + sizeof(value), head->in_whole);
	close(fd);
	close(data);
}

/* The reader that does not read is told how many. */
static void losses(void)
{
	const struct extfuse_trace *head = (void *)bytes;
	uint64_t seen = 0, lost = 0;
	int fd = begin_now(0), i;
	ssize_t n, at;

	for (i = 0; i < 600; i++)
		look("nothing");
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (at = 0; at < n; at += head->size) {
			head = (void *)(bytes + at);
			CHECK(head->size >= sizeof(*head), "a record's size: %u", head->size);
			seen += head->opcode != 0;
			lost = head->lost;
		}
	}
	CHECK(seen > 50 && lost > 50, "%llu seen, %llu lost", (unsigned long long)seen, (unsigned long long)lost);
	EXPECT(600, seen + lost);
	close(fd);
}

/* Somebody begins and ends traces while requests come and go. */
static void *begins(void *stop)
{
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		close(begin_now(EXTFUSE_TRACE_DATA));
	return NULL;
}

static void races(void)
{
	pthread_t t[2];
	int stop = 0, i;

	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&t[i], NULL, begins, &stop), "a thread");
	for (i = 0; i < 300; i++)
		look(i % 2 ? "nothing" : "file");
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

/* Requests end while somebody reads: there is a record or none, and never too little room. */
static void *reads(void *stop)
{
	int fd = begin_now(0);

	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		CHECK(read(fd, bytes, sizeof(bytes)) > 0 || errno == EAGAIN, "a read: %d", errno);
	close(fd);
	return NULL;
}

static void reads_meanwhile(void)
{
	pthread_t t;
	int stop = 0, i;

	CHECK(!pthread_create(&t, NULL, reads, &stop), "a thread");
	for (i = 0; i < 1500; i++)
		look("nothing");
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
}

int main(void)
{
	struct pollfd p = { .events = POLLIN };
	int fd;

	rf = raw_start(&(struct raw_opts) { 0 });
	raw_file(rf, "/file", "hello", 5);
	refusals();
	records();
	losses();
	races();
	reads_meanwhile();
	/* It ends with the mount, once all was read. */
	fd = begin_now(0);
	look("nothing");
	raw_umount(rf);
	p.fd = fd;
	EXPECT(1, poll(&p, 1, -1));
	CHECK(p.revents & POLLHUP, "it hangs up");
	CHECK(read(fd, bytes, sizeof(bytes)) > 0, "what was traced before");
	EXPECT(0, read(fd, bytes, sizeof(bytes)));
	close(fd);
	raw_stop(rf);
	return 0;
}
