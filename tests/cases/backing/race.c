// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: backing objects may be given, dropped, fetched and listed at once, while the connection goes; nothing is left of them
 * needs: root extfuse
 * timeout: 180
 */
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse.h"

#define IDS	200
#define THREADS	4
#define ROUNDS	(getenv("SHORT") ? 4 : 20)

static int conn, low;
static bool stop;

/* Each answer is one that can be given: what it is decides who is first. */
static void one(unsigned int *seed, struct extfuse_backing_info *infos)
{
	uint64_t id = 1 + rand_r(seed) % IDS;
	int ret;

	switch (rand_r(seed) % 8) {
	case 0 ... 3:
		ret = extfuse_backing__add(conn, id, 1, low);
		CHECK(!ret || ret == -EEXIST || ret == -ENOTCONN, "add: %d", ret);
		break;
	case 4 ... 5:
		ret = extfuse_backing__drop(conn, id, 1);
		CHECK(!ret || ret == -ENOENT, "drop: %d", ret);
		break;
	case 6:
		ret = extfuse_backing__open(conn, id, 1);
		CHECK(ret >= 0 || ret == -ENOENT, "open: %d", ret);
		if (ret >= 0)
			close(ret);
		break;
	default:
		ret = extfuse_backing__list(conn, 0, infos, IDS, NULL);
		CHECK((ret >= 0 && ret <= IDS) || ret == -ENOENT, "list: %d", ret);
	}
}

static void *hammer(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	struct extfuse_backing_info infos[IDS];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		one(&seed, infos);
	return NULL;
}

static void abort_connection(struct rawfuse *rf)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/abort", raw_conn(rf));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, "1", 1) == 1, "%s", path);
	close(fd);
}

static void round_of(unsigned int n)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	pthread_t threads[THREADS];
	__u64 total = 0;
	uintptr_t i;

	conn = raw_fd(rf);
	low = open("low/file", O_PATH | O_CLOEXEC);
	stop = false;
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, hammer, (void *)(n * THREADS + i + 1)), "a thread");
	raw_sleep_ms(100);
	CHECK(!extfuse_backing__list(conn, 0, NULL, 0, &total) && total, "some must be there");
	abort_connection(rf);
	raw_sleep_ms(50);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(extfuse_backing__add(conn, 1, 1, low) == -ENOTCONN, "an aborted connection takes none");
	close(low);
	raw_stop(rf);
}

int main(void)
{
	int n;

	CHECK(!mount("none", "/sys/fs/extfuse/connections", "extfusectl", 0, "") || errno == EBUSY, "extfusectl");
	CHECK(!mkdir("low", 0755) && !mount("low", "low", "tmpfs", 0, NULL), "a file system below");
	CHECK(!mknod("low/file", S_IFREG | 0644, 0), "a file");
	for (n = 0; n < ROUNDS; n++)
		round_of(n);
	CHECK(raw_until(10, !umount("low")), "an object is left: %m");
	CHECK(!umount("/sys/fs/extfuse/connections"), "extfusectl");
	return 0;
}
