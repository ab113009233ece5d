// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: while a program is looked at for an attach, others may bind maps to it (BPF_PROG_BIND_MAP); hammers
 * needs: extfuse root
 * timeout: 60
 * libs: -lpthread
 */
#include <pthread.h>
#include <sys/resource.h>

#include "conn.h"

#define MAPS	3000	/* the list of a program's maps is made anew for each */
#define SECONDS	10

static int prog_fd;
static volatile bool is_over;

static void *binds(void *arg)
{
	unsigned int i;
	int map;

	(void)arg;
	for (i = 0; i < MAPS && !is_over; i++) {
		map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bound", 4, 8, 1, NULL);
		CHECK(map >= 0 && !bpf_prog_bind_map(prog_fd, map, NULL), "map %u", i);
		close(map);
	}
	is_over = true;
	return NULL;
}

int main(void)
{
	struct extfuse_ext *ext = ext_load("tests/bpf/pass");
	struct extfuse_ioc_prog prog = { ext_prog_fd(ext, "request_any"), FUSE_GETATTR, EXTFUSE_PHASE_REQUEST, 0 };
	struct extfuse_ioc_attach arg = { .nprogs = 1, .progs = (uintptr_t)&prog, .name = "one" };
	time_t end = time(NULL) + SECONDS;
	struct conn conn;
	pthread_t thread;
	unsigned int n = 0;

	prog_fd = prog.prog_fd;
	conn_mount(&conn, "m");
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &arg));
	CHECK(!pthread_create(&thread, NULL, binds, NULL), "a thread");
	/* Looks at the program, and then finds that there is no place for it. */
	for (; !is_over; n++) {
		EXPECT(-EBUSY, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &arg));
		if (time(NULL) >= end)
			is_over = true;
	}
	pthread_join(thread, NULL);
	printf("looked at %u times\n", n);
	conn_detach(&conn);
	conn_umount(&conn);
	extfuse_ext__free(ext);
	return 0;
}
