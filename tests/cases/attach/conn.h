/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about attaching share: a connection without a daemon (the
 * mount is there, INIT waits for ever, nothing asks), loaded programs, and the
 * ioctls as they are, so that a field can be wrong.
 */
#ifndef CONN_H
#define CONN_H

#include <fcntl.h>
#include <stdbool.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/fuse.h>
#include <extfuse/extfuse.h>

#include "case.h"

struct conn {
	int fd;			/* /dev/extfuse */
	uint32_t number;	/* st_dev of the mount */
	const char *dir;
};

/* Connections are named by the number that the kernel itself uses for the device. */
static inline uint32_t conn_number_of(const char *dir)
{
	char line[4096];
	unsigned int major, minor, number = 0;
	char point[1024];
	FILE *f = fopen("/proc/self/mountinfo", "r");
	char *real = realpath(dir, NULL);

	CHECK(f && real, "mountinfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*u %*u %u:%u %*s %1023s", &major, &minor, point) == 3 &&
		    !strcmp(point, real))
			number = major << 20 | minor;
	}
	fclose(f);
	free(real);
	CHECK(number, "%s must be in mountinfo", dir);
	return number;
}

static inline int conn_mount_type(struct conn *conn, const char *type, const char *dir)
{
	char opts[128];

	conn->dir = dir;
	conn->fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	CHECK(conn->fd >= 0, "/dev/extfuse");
	mkdir(dir, 0755);
	snprintf(opts, sizeof(opts), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 conn->fd);
	if (mount("test", dir, type, 0, opts))
		return -errno;
	conn->number = conn_number_of(dir);
	return 0;
}

static inline void conn_mount(struct conn *conn, const char *dir)
{
	CHECK(!conn_mount_type(conn, "extfuse", dir), "mount %s", dir);
}

static inline void conn_umount(struct conn *conn)
{
	CHECK(!umount2(conn->dir, MNT_DETACH), "umount %s", conn->dir);
	close(conn->fd);
}

/* An object of tests/bpf or bpf/, opened and loaded. */
static inline struct extfuse_ext *ext_load(const char *name)
{
	struct extfuse_ext *ext;
	char path[512], err[512] = "";

	snprintf(path, sizeof(path), "%s/%s.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build",
		 name);
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "open %s: %s", path, err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "load %s: %s", path, err);
	return ext;
}

static inline int ext_prog_fd(struct extfuse_ext *ext, const char *name)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(extfuse_ext__object(ext), name);
	CHECK(prog, "the program %s", name);
	return bpf_program__fd(prog);
}

static inline int ext_map_fd(struct extfuse_ext *ext, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(extfuse_ext__object(ext), name);

	CHECK(fd >= 0, "the map %s", name);
	return fd;
}

static inline int conn_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

/* The same questions of several places: state and number of the attachment. */
static inline struct extfuse_ioc_query conn_query(const struct conn *conn)
{
	struct extfuse_ioc_query query = { 0 };

	CHECK(!conn_ioctl(conn->fd, EXTFUSE_IOC_QUERY, &query), "query");
	return query;
}

static inline void conn_detach(const struct conn *conn)
{
	struct extfuse_ioc_detach detach = { 0 };

	CHECK(!conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &detach), "detach");
}

/* Runs @fn in a child; its value is @fn's (0..100). */
static inline int in_child(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "child");
	CHECK(WIFEXITED(status), "the child was killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

#define EXPECT(want, expr)							\
	do {									\
		int expect_got = (expr);					\
										\
		CHECK(expect_got == (want), "%s is %d, must be %d (%s)", #expr,	\
		      expect_got, (want), #want);				\
	} while (0)

#endif /* CONN_H */
