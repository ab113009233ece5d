/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cases about trees share: a mirror of "src" on "mnt" with extension passthrough, and what of it went up to the daemon.
 */
#ifndef TREE_H
#define TREE_H

#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

/* By the exit status of the command. */
static inline int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline unsigned int mnt_conn(void)
{
	struct stat st;

	CHECK(!stat("mnt", &st), "mnt");
	return gnu_dev_major(st.st_dev) << 20 | gnu_dev_minor(st.st_dev);
}

static inline void ops(struct extfuse_op_stats *stats)
{
	int fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0 && !extfuse_conn__stats(fd, mnt_conn(), stats), "the counters");
	close(fd);
}

/* Requests that the daemon has got since the mount was made. */
static inline unsigned long long sent_up(void)
{
	struct extfuse_op_stats stats[EXTFUSE_OPCODES];
	unsigned long long n = 0;
	unsigned int i;

	memset(stats, 0, sizeof(stats));
	ops(stats);
	for (i = 0; i < EXTFUSE_OPCODES; i++) {
		if (stats[i].upcalls)
			printf("%s: %llu sent up\n", extfuse_opcode__name(i), (unsigned long long)stats[i].upcalls);
		n += stats[i].upcalls;
	}
	return n;
}

static inline unsigned long long passed(unsigned int opcode)
{
	struct extfuse_op_stats stats[EXTFUSE_OPCODES];

	memset(stats, 0, sizeof(stats));
	ops(stats);
	return stats[opcode].passed;
}

static inline void tree_mount_of(const char *source)
{
	char command[128];

	CHECK(!mkdir("mnt", 0755) || errno == EEXIST, "mnt");
	snprintf(command, sizeof(command), "mount -t extfuse -o ext=passthrough $PWD/%s $PWD/mnt", source);
	CHECK(!run(command), "the mount");
}

static inline void tree_mount(void)
{
	CHECK(!chmod(".", 0755) && !mkdir("src", 0755), "directories");
	tree_mount_of("src");
}

static inline void tree_umount(void)
{
	CHECK(!umount("mnt"), "nothing is left in use");
}

#endif
