// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: from the moment a change is asked for until it has ended its slots are not fresh, whatever the stamp, in the background too
 * needs: extfuse root
 * timeout: 120
 */
#include <linux/aio_abi.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "slots.h"

static int fd;
static char *map;

/* The change runs in a thread, or, where it is to be killed, in a process. */
static void *do_write(void *arg) { return (void *)(long)(pwrite(fd, arg, 3, 0) == 3); }
static void *do_chmod(void *arg) { (void)arg; return (void *)(long)!fchmod(fd, 0640); }
static void *do_rename(void *arg)
{
	(void)arg;
	return (void *)(long)!renameat(t.dirfd[ND], "f", t.dirfd[NE], "n");
}
static void *do_mkdir(void *arg) { (void)arg; return (void *)(long)!mkdirat(t.dirfd[ND], "n", 0755); }
static void *do_ioctl(void *arg) { (void)arg; ioctl(fd, _IO('x', 1)); return NULL; }

static void aio_submit(void)
{
	static char buf[4096] __attribute__((aligned(4096)));
	static aio_context_t ctx;
	static struct iocb cb;
	struct iocb *list = &cb;

	if (!ctx)
		CHECK(!syscall(SYS_io_setup, 4, &ctx), "io_setup");
	memset(&cb, 0, sizeof(cb));
	cb.aio_lio_opcode = IOCB_CMD_PWRITE;
	cb.aio_fildes = fd;
	cb.aio_buf = (uintptr_t)buf;
	cb.aio_nbytes = sizeof(buf);
	CHECK(syscall(SYS_io_submit, ctx, 1, &list) == 1, "io_submit");
}

/* In flight: not even the clock of this moment is new enough. Other things are. */
static void in_flight(const char *what, enum node node, unsigned char kinds)
{
	uint64_t now = stamp_now();

	CHECK(stale_kinds(t.id[node], now) == kinds, "%s in flight: %s stale", what,
	      kinds_text(stale_kinds(t.id[node], now)));
	CHECK(!stale_kinds(t.id[NV], now), "%s in flight: others are fresh", what);
	t.stamp = now;
}

static void ended(const char *what, enum node node, unsigned char kinds)
{
	/* The reply is written before the request's end. */
	CHECK(raw_until(5, !stale_kinds(t.id[node], stamp_now())), "%s has ended: fresh again", what);
	CHECK(stale_kinds(t.id[node], t.stamp) == kinds, "%s: what was read meanwhile is stale", what);
	CHECK(!stale_kinds(t.id[NV], t.stamp), "%s: others are fresh", what);
}

static void held(const char *what, uint32_t opcode, void *(*change)(void *), enum node node,
		 unsigned char kinds)
{
	pthread_t thread;
	void *good;

	take();
	raw_hold(t.rf, opcode);
	CHECK(!pthread_create(&thread, NULL, change, "abc"), "a thread");
	raw_wait_held(t.rf, opcode, 1, 10);
	in_flight(what, node, kinds);
	raw_let_go(t.rf, opcode);
	pthread_join(thread, &good);
	CHECK(good, "%s must succeed", what);
	ended(what, node, kinds);
}

/* Two at once on one node: the first one's end is not the end. */
static void two(void)
{
	pthread_t writer, other;

	take();
	raw_hold(t.rf, FUSE_WRITE);
	raw_hold(t.rf, FUSE_IOCTL);
	CHECK(!pthread_create(&writer, NULL, do_write, "abc"), "a thread");
	CHECK(!pthread_create(&other, NULL, do_ioctl, NULL), "a thread");
	raw_wait_held(t.rf, FUSE_WRITE, 1, 10);
	raw_wait_held(t.rf, FUSE_IOCTL, 1, 10);
	in_flight("WRITE and IOCTL", NF, ALL);
	raw_let_go(t.rf, FUSE_IOCTL);
	pthread_join(other, NULL);
	CHECK(stale_kinds(t.id[NF], stamp_now()) == (A | D), "the write is still in flight");
	raw_let_go(t.rf, FUSE_WRITE);
	pthread_join(writer, NULL);
	ended("WRITE and IOCTL", NF, ALL);
}

/* The name of a directory operation in flight. */
static void name(void)
{
	pthread_t thread;
	uint64_t now;

	take();
	raw_hold(t.rf, FUSE_MKDIR);
	CHECK(!pthread_create(&thread, NULL, do_mkdir, NULL), "a thread");
	raw_wait_held(t.rf, FUSE_MKDIR, 1, 10);
	now = stamp_now();
	/* The directory is locked: the name cannot be looked up, what is known of it can be asked. */
	CHECK(stale_kinds(t.id[ND], now) == (A | D), "the directory is not fresh");
	raw_let_go(t.rf, FUSE_MKDIR);
	pthread_join(thread, NULL);
	CHECK(name_is_stale(t.dirfd[ND], t.id[ND], "n", now), "the name is not as it was");
	CHECK(!name_is_stale(t.dirfd[ND], t.id[ND], "h", now), "another name is");
	CHECK(!name_is_stale(t.dirfd[ND], t.id[ND], "n", stamp_now()), "and it is fresh now");
	CHECK(!unlinkat(t.dirfd[ND], "n", AT_REMOVEDIR), "rmdir");
}

static void async(void)
{
	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR | O_DIRECT)) >= 0, "O_DIRECT");
	/* Within the file: an extending write waits. */
	CHECK(!ftruncate(fd, 8192), "truncate");
	take();
	raw_hold(t.rf, FUSE_WRITE);
	aio_submit();
	raw_wait_held(t.rf, FUSE_WRITE, 1, 10);
	in_flight("asynchronous direct I/O", NF, A | D);
	raw_let_go(t.rf, FUSE_WRITE);
	ended("asynchronous direct I/O", NF, A | D);
	close(fd);
}

/*
 * The kernel may write a dirty page whenever it likes: between the fault and the
 * store, too, and then the store waits for the WRITE that is held.  So it is
 * made by a process of its own, whose address space nobody else needs.
 */
static pid_t store(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	map[1] = 'z';
	_exit(sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE) ? 1 : 0);
}

static void mapped(void)
{
	int status;
	pid_t pid;

	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR)) >= 0, "open");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	take();
	raw_hold(t.rf, FUSE_WRITE);
	pid = store();
	CHECK(pid > 0, "fork");
	raw_wait_held(t.rf, FUSE_WRITE, 1, 10);
	in_flight("writeback", NF, A | D);
	raw_let_go(t.rf, FUSE_WRITE);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the store and the start of its writing");
	CHECK(!msync(map, 4096, MS_SYNC), "msync");
	/* msync() sends FSYNC too. */
	CHECK(raw_until(5, !stale_kinds(t.id[NF], stamp_now())), "fresh again");
	CHECK((stale_kinds(t.id[NF], t.stamp) & (A | D)) == (A | D), "stale");
	munmap(map, 4096);
	close(fd);
}

/* RELEASE comes when the last user is gone, and nobody waits for it. */
static void released(int flags, unsigned char kinds)
{
	CHECK((fd = openat(t.dirfd[ND], "f", flags)) >= 0, "open");
	raw_hold(t.rf, FUSE_RELEASE);
	close(fd);
	raw_wait_held(t.rf, FUSE_RELEASE, 1, 10);
	in_flight("RELEASE", NF, kinds);
	raw_let_go(t.rf, FUSE_RELEASE);
	ended("RELEASE", NF, kinds);
}

/* Until RELEASE has come a daemon may hide what is removed, in its directory: before the last close(), or after it. */
static void released_removed(const char *name, bool before)
{
	CHECK((fd = openat(t.dirfd[ND], name, O_RDONLY)) >= 0, "open");
	if (before)
		CHECK(!unlinkat(t.dirfd[ND], name, 0), "unlink");
	raw_hold(t.rf, FUSE_RELEASE);
	close(fd);
	raw_wait_held(t.rf, FUSE_RELEASE, 1, 10);
	if (!before)
		CHECK(!unlinkat(t.dirfd[ND], name, 0), "unlink");
	t.stamp = stamp_now();
	CHECK(!stale_kinds(t.id[ND], t.stamp), "fresh while it is hidden");
	raw_let_go(t.rf, FUSE_RELEASE);
	CHECK(raw_until(5, stale_kinds(t.id[ND], t.stamp) == (A | D)), "the directory is not as it was");
	CHECK(!stale_kinds(t.id[ND], stamp_now()), "fresh again");
	CHECK(!stale_kinds(t.id[NV], t.stamp), "others are fresh");
}

/* A caller that is killed while the daemon has its request. */
static void killed(void)
{
	int status;
	pid_t pid;

	take();
	raw_hold(t.rf, FUSE_WRITE);
	pid = fork();
	if (!pid)
		_exit(pwrite(fd, "abc", 3, 0) != 3);
	raw_wait_held(t.rf, FUSE_WRITE, 1, 10);
	in_flight("a write that is killed", NF, A | D);
	/* A daemon that was asked is waited for: the test's daemon answers INTERRUPT. */
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "it must die");
	raw_let_go(t.rf, FUSE_WRITE);
	/* FLUSH, when its descriptors are closed, moves xattrs too. */
	ended("a write that is killed", NF, ALL);
}

/* All threads of the daemon are busy: the request waits in the queue, and is taken back. */
static void killed_in_queue(void)
{
	struct raw_opts opts = { .threads = 1, .dir = "one" };
	int status;
	pid_t pid, reader;

	start(&opts);
	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR)) >= 0, "open");
	take();
	raw_delay(t.rf, FUSE_GETXATTR, 3000 * case_slow());
	fflush(stdout);
	reader = fork();
	if (!reader)
		_exit(fgetxattr(fd, "user.none", NULL, 0) == 0);
	CHECK(raw_until(5, raw_count(t.rf, FUSE_GETXATTR)), "the thread is busy");
	/* chmod() asks nothing before. */
	pid = fork();
	if (!pid)
		_exit(fchmod(fd, 0600));
	CHECK(raw_until(3, stale_kinds(t.id[NF], stamp_now())), "it must be marked");
	in_flight("a request in the queue", NF, A | X);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "it must die");
	ended("a request in the queue", NF, ALL);
	CHECK(waitpid(reader, &status, 0) == reader, "getxattr");
	raw_delay(t.rf, FUSE_GETXATTR, 0);
	CHECK(!raw_count(t.rf, FUSE_SETATTR), "the daemon never saw it");
	close(fd);
	stop();
}

int main(void)
{
	struct raw_opts opts = { .flags = FUSE_ASYNC_DIO };

	start(&opts);
	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR)) >= 0, "open");
	held("WRITE", FUSE_WRITE, do_write, NF, A | D);
	held("SETATTR", FUSE_SETATTR, do_chmod, NF, A | X);
	held("RENAME", FUSE_RENAME, do_rename, NE, A | D);
	CHECK(!renameat(t.dirfd[NE], "n", t.dirfd[ND], "f"), "rename back");
	two();
	name();
	killed();
	close(fd);
	async();
	mapped();
	released(O_RDWR, ALL);
	released(O_RDONLY, 0);
	released_removed("f", true);
	released_removed("h", false);
	stop();
	killed_in_queue();
	return 0;
}
