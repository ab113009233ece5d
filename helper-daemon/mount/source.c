// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory that is to be mirrored, as it is before anything is mounted:
 * the mount may lie on it, or on a directory that leads to it.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE		1
#define OPEN_TREE_CLOEXEC	O_CLOEXEC
#endif

/*
 * The directory without what is mounted below it.  A private copy of its mount
 * has no submounts, and keeps nobody from unmounting the directory; where the
 * kernel refuses one, the directory itself serves.
 */
static int dir_open(const char *dir)
{
	int fd = -1;

#ifdef SYS_open_tree
	fd = syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
#endif
	return fd >= 0 ? fd : open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int source_open(struct job *job, const char *dir)
{
	struct stat st;

	job->source_fd = dir_open(dir);
	if (job->source_fd < 0 || fstat(job->source_fd, &st))
		return -errno;
	/* The daemon leaves the working directory. */
	job->source = realpath(dir, NULL);
	job->rootmode = st.st_mode;
	return job->source ? 0 : -errno;
}

unsigned long source_flags(const struct job *job)
{
	unsigned long flags = 0;
	struct statvfs st;

	if (fstatvfs(job->source_fd, &st))
		return 0;
	if (st.f_flag & ST_NOSUID)
		flags |= MS_NOSUID;
	if (st.f_flag & ST_NODEV)
		flags |= MS_NODEV;
	if (st.f_flag & ST_NOEXEC)
		flags |= MS_NOEXEC;
	return flags;
}
