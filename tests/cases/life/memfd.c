// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a backing object lets go of its path when nobody can look at it any more, whatever file system that is on (memfd: dentries without a grace period)
 * needs: root extfuse build:tests/bpf/pause.bpf.o file:/sys/bus/event_source/devices/kprobe/type
 * libs: -lbpf
 *
 * A list is stopped with preemption off, so that to RCU it still looks, and the object is dropped: the memory of the file
 * has to stay for as long.
 */
#include "../backing/objects.h"
#include "pause.h"

#define SIZE	(32 << 20)

static long shmem_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	long kb = -1;

	CHECK(f, "meminfo");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Shmem: %ld kB", &kb);
	fclose(f);
	CHECK(kb >= 0, "meminfo tells of shared memory");
	return kb;
}

static void *list(void *arg)
{
	struct extfuse_backing_info info;

	(void)arg;
	pause_me(0);
	CHECK(extfuse_backing__list(raw_fd(rf), 0, &info, 1, NULL) >= 0, "a list");
	return NULL;
}

int main(void)
{
	long before, full;
	pthread_t thread;
	int fd;

	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	before = shmem_kb();
	fd = memfd_create("object", MFD_CLOEXEC);
	CHECK(fd >= 0 && !posix_fallocate(fd, 0, SIZE), "memory");
	EXPECT(0, extfuse_backing__add(raw_fd(rf), 21, 1, fd));
	close(fd);
	full = shmem_kb();
	CHECK(full - before >= SIZE / 2048, "the object must hold the memory: %ld kB", full - before);

	pause_start("extfuse_ioctl_backing_list");
	CHECK(!pthread_create(&thread, NULL, list, NULL), "thread");
	pause_wait();
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 21, 1));
	raw_sleep_ms(200);
	CHECK(shmem_kb() - before >= SIZE / 2048, "the file is gone while it is looked at");
	pause_end();
	pthread_join(thread, NULL);
	CHECK(raw_until(10, shmem_kb() - before < SIZE / 2048), "it goes then");
	pause_stop();
	raw_stop(rf);
	return 0;
}
