// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory that is to be mirrored, as it is before anything is mounted: the
 * mount may cover it, or a directory that leads to it.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "elsewhere.h"

/*
 * The directory without what is mounted below it.  A copy of its mount has no
 * submounts, gets none later because it is private, and prevents nobody from
 * unmounting the directory.  What is mounted below may have flags (nosuid, nodev)
 * that our mount lacks, so the directory itself is never used instead.
 */
static int dir_open(const char *dir)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	int fd = syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int refused(struct job *job, const char *dir, int err)
{
	if (err == -EINVAL)
		snprintf(job->err, sizeof(job->err),
			 "the mount that %s is on cannot be copied, and without a copy what is mounted below would be shown: "
			 "it is unbindable ('mount --make-private' changes that), or belongs to another mount namespace",
			 dir);
	else
		snprintf(job->err, sizeof(job->err), "cannot copy the mount that %s is on: %s%s", dir, strerror(-err),
			 err == -EPERM ? ": " HOST_ROOT_ADVICE : "");
	return err;
}

int source_open(struct job *job, const char *dir)
{
	struct stat st;

	job->source_fd = dir_open(dir);
	if (job->source_fd < 0)
		return refused(job, dir, job->source_fd);
	if (fstat(job->source_fd, &st))
		return -errno;
	/* Absolute, because the daemon leaves the working directory. */
	job->source = realpath(dir, NULL);
	job->rootmode = st.st_mode;
	return job->source ? 0 : -errno;
}

#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW	0x2000
#endif

int source_flags(struct job *job)
{
	struct statvfs st;
	int err;

	/* This asks the file system, and a user's (FUSE) may fail on purpose: then the mount must fail. */
	if (fstatvfs(job->source_fd, &st)) {
		err = -errno;
		snprintf(job->err, sizeof(job->err), "cannot read the flags (nosuid, nodev) of the mount that %s is on: %s",
			 job->source, strerror(-err));
		return err;
	}
	if (st.f_flag & ST_NOSUID)
		job->opts.flags |= MS_NOSUID;
	if (st.f_flag & ST_NODEV)
		job->opts.flags |= MS_NODEV;
	if (st.f_flag & ST_NOEXEC)
		job->opts.flags |= MS_NOEXEC;
	if (st.f_flag & ST_NOSYMFOLLOW)
		job->opts.flags |= MS_NOSYMFOLLOW;
	return 0;
}
