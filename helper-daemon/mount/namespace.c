// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mount namespace to mount in (mount -N), if it is not that of this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "home.h"
#include "job.h"

int job_enter(const struct job *job)
{
	return job->ns_fd >= 0 && setns(job->ns_fd, CLONE_NEWNS) ? -errno : 0;
}

int job_leave(const struct job *job)
{
	return job->ns_fd >= 0 && setns(job->home_fd, CLONE_NEWNS) ? -errno : 0;
}

int job_set_namespace(struct job *job, const char *ns)
{
	char path[64];
	int err = 0;

	if (!ns)
		return 0;
	if (ns[0] >= '0' && ns[0] <= '9') {
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", ns);
		ns = path;
	}
	job->home_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (job->home_fd >= 0 && !home_keep())
		job->ns_fd = open(ns, O_RDONLY | O_CLOEXEC);
	if (job->home_fd < 0 || job->ns_fd < 0) {
		err = -errno;
		snprintf(job->err, sizeof(job->err), "cannot open the mount namespace %s: %s", ns,
			 strerror(-err));
	}
	return err;
}
