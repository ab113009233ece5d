/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases of policies share: a directory low, its mirror mnt under a
 * policy, calls that must fail with one error, and a look at what is in low.
 */
#ifndef POLICY_H
#define POLICY_H

#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "handle.h"

/* It must fail, with this error. */
#define FAILS(error, expr)							\
	do {									\
		errno = 0;							\
		CHECK((long)(expr) < 0 && errno == (error), "must fail with %s",	\
		      strerrorname_np(error));					\
	} while (0)

static void run(const char *command)
{
	CHECK(!system(command), "%s", command);
}

static void mount_with(const char *options)
{
	char command[512];

	snprintf(command, sizeof(command), "mount -t extfuse -o %s,log=$PWD/log $PWD/low $PWD/mnt", options);
	run(command);
}

/* All programs of all connections, on or off. */
static void programs(const char *on)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, on, 1) == 1 && !close(fd), "programs=%s", on);
}

static void programs_on(void)
{
	programs("1");
}

/* A descriptor that stays open. */
static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	CHECK(fd >= 0, "%s opens", path);
	return fd;
}

static void holds(const char *path, const char *want)
{
	int fd = opened(path, O_RDONLY);
	char found[256] = "";

	CHECK(read(fd, found, sizeof(found) - 1) >= 0 && !strcmp(found, want), "%s holds '%s', not '%s'",
	      path, want, found);
	close(fd);
}

#endif /* POLICY_H */
