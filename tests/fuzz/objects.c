// SPDX-License-Identifier: GPL-2.0-only
/* Backing objects on anything, given and dropped at any moment; and descriptors of anything. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"
#include "rawnew.h"

static const char * const paths[] = {
	"below/c", "below/d", "below/a/c", "below/secret", "below/a", "below/b", "below", "below/e", "disk", "elsewhere", "up",
	"/proc/self/status", "/proc/self/fd", "/proc", "/sys/kernel/mm", "/dev/null", "/dev/zero", "/etc/passwd", "/",
	"/proc/self/ns/mnt", "/proc/self/exe", "/dev/extfuse", "/sys/fs/cgroup", "/dev/shm", "/sys/fs/bpf", "/tmp",
};

/* These wait for a daemon. */
static const char * const waiting[] = { "mnt", "mnt/c", "mnt/a", "bind", "bind/c", "ovl", "ovl/c", "ovl/a", "ovl/a/c" };

int objects_fd(struct rng *r)
{
	int fds[2] = { -1, -1 }, flags = rng_one_in(r, 2) ? O_PATH : rng_one_in(r, 2) ? O_RDWR : O_RDONLY;

	switch (rng_below(r, 20)) {
	case 0:
		if (!pipe2(fds, O_CLOEXEC))
			close(fds[1]);
		return fds[0];
	case 1:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 2:
		return memfd_create("fuzz", MFD_CLOEXEC);
	case 3:
		return open("below", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	case 4:
		return dup(rng_below(r, 40));
	case 5:
		return open(RNG_PICK(r, waiting), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	default:
		return open(RNG_PICK(r, paths), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	}
}

static void list_and_limit(struct rng *r)
{
	struct extfuse_backing_info infos[16];
	__u64 total;

	extfuse_backing__list(rf->fd, 0, infos, rng_below(r, 17), &total);
	if (rng_one_in(r, 8))
		extfuse_backing__limit(rf->fd, 0, rng_one_in(r, 2) ? rng_below(r, 10) : 1000 + rng_below(r, 1000));
}

/* FUSE's own. */
static void fuse_backing(struct rng *r, int fd)
{
	struct raw_backing map = { .fd = fd, .flags = rng_one_in(r, 8) ? rng_odd(r) : 0 };
	uint32_t id = rng_below(r, 8);

	if (rng_one_in(r, 2))
		ioctl(rf->fd, RAW_IOC_BACKING_OPEN, &map);
	else
		ioctl(rf->fd, RAW_IOC_BACKING_CLOSE, &id);
}

void objects_step(struct rng *r, uint64_t nodeid)
{
	struct extfuse_ioc_backing ioc = { .nodeid = rng_one_in(r, 3) ? nodeid : draw_id(r), .generation = rng_one_in(r, 8) ? rng_odd(r) : 1 };
	int fd;

	fuzz_count(objects);
	switch (rng_below(r, 10)) {
	case 0:
	case 1:
		ioctl(rf->fd, EXTFUSE_IOC_BACKING_DROP, &ioc);
		return;
	case 2:
		ioc.generation = rng_below(r, 2);
		if (!ioctl(rf->fd, EXTFUSE_IOC_BACKING_OPEN, &ioc))
			close(ioc.fd);
		return;
	case 3:
		list_and_limit(r);
		return;
	}
	fd = rng_one_in(r, 2) ? objects_fd(r) : open(rng_one_in(r, 3) ? "below/a" : "below/c", O_PATH | O_CLOEXEC);
	ioc.fd = fd;
	if (rng_one_in(r, 6))
		ioc.flags = EXTFUSE_BACKING_TREE;
	if (rng_one_in(r, 6))
		fuse_backing(r, fd);
	else
		ioctl(rf->fd, EXTFUSE_IOC_BACKING_ADD, &ioc);
	if (fd >= 0)
		close(fd);
}

void *objects_thread(void *data)
{
	struct rng r = rng_of(config.seed, ROLE_OBJECTS, 0);

	for (;;) {
		fuzz_nap(rng_below(&r, 2000));
		fuzz_pace(&r, 1);
		objects_step(&r, draw_id(&r));
	}
	return data;
}
