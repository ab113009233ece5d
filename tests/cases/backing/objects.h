/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases about the table of backing objects share: objects of numbers that need be no node's. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse.h"

static struct rawfuse *rf;

static inline int path_fd(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	CHECK(fd >= 0, "%s", path);
	return fd;
}

static inline int add(uint64_t nodeid, uint64_t generation, const char *path)
{
	int fd = path_fd(path), err = extfuse_backing__add(raw_fd(rf), nodeid, generation, fd);

	close(fd);
	return err;
}

static inline void expect(int want, int found, const char *what)
{
	CHECK(want == found, "%s: %d instead of %d", what, found, want);
}
#define EXPECT(want, call) expect(want, call, #call)

/* Without a number, so that only the daemon's own is listed. */
static inline uint64_t total(void)
{
	__u64 n = 0;

	EXPECT(0, extfuse_backing__list(raw_fd(rf), 0, NULL, 0, &n));
	return n;
}

#endif
