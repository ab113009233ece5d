// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a daemon that is killed during 1,000 requests ends all of them, programs and maps go while the mount is still there
 * needs: extfuse root
 * timeout: 180
 */
#include "dying.h"

#define CALLERS	1000

static struct daemon d;
static unsigned int ended, wrong;

/* Each kind of caller waits for an opcode that the daemon keeps to itself. */
static void *caller(void *arg)
{
	unsigned long me = (unsigned long)arg;
	char path[4200], buf[16];
	struct stat st;
	long ret;
	int fd;

	snprintf(path, sizeof(path), "%s/d%lu/f", d.dir, me % FILES);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	switch (me % 4) {
	case 0:
		ret = fstat(fd, &st);
		break;
	case 1:
		ret = pread(fd, buf, sizeof(buf), 0);
		break;
	case 2:
		ret = faccessat(AT_FDCWD, path, R_OK, 0);
		break;
	default:
		ret = pwrite(fd, "x", 1, 0);
		break;
	}
	/* The page cache says EIO for a read whose request was aborted. */
	if (ret >= 0 || (errno != ENOTCONN && errno != ECONNABORTED && errno != EIO)) {
		fprintf(stderr, "caller %lu: %ld %s\n", me, ret, strerror(errno));
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	close(fd);
	__atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
	return NULL;
}

int main(void)
{
	static const uint32_t hold[] = { FUSE_GETATTR, FUSE_READ, FUSE_ACCESS, FUSE_WRITE, 0 };
	struct raw_opts opts = { .threads = 2 };
	static pthread_t threads[CALLERS];
	struct extfuse_ioc_query query;
	pthread_attr_t attr;
	unsigned long i;

	CHECK(!programs_loaded(), "nothing is loaded before");
	daemon_start(&d, &opts, hold);
	ext_attach(&d, "tests/bpf/pass");
	CHECK(programs_loaded(), "programs are loaded");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 0; i < CALLERS; i++)
		CHECK(!pthread_create(&threads[i], &attr, caller, (void *)i), "thread %lu", i);
	/* Writers of one file, and readers of one page, wait for each other, not for the daemon. */
	CHECK(raw_until(60, conn_waiting(&d) >= CALLERS / 2), "requests must wait: %u do",
	      conn_waiting(&d));
	raw_sleep_ms(500);
	printf("%u requests in flight\n", conn_waiting(&d));
	CHECK(!ended, "nobody has an answer");

	daemon_kill(&d);
	CHECK(raw_until(60, __atomic_load_n(&ended, __ATOMIC_RELAXED) + wrong >= CALLERS),
	      "all callers must end: %u did", ended);
	for (i = 0; i < CALLERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(!wrong, "%u callers had something else than a connection that is gone", wrong);
	nothing_loaded("the mount is still there");

	CHECK(access(d.dir, F_OK) && errno == ENOTCONN, "a dead daemon is ENOTCONN");
	CHECK(!umount2(d.dir, 0), "umount");
	ctl_umount();
	CHECK(extfuse_conn__query(d.ctl, d.conn, &query) == -ENODEV, "the connection is gone");
	daemon_end(&d);
	return 0;
}
