// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which a mount is made: everything that can fail without a trace comes
 * first; then the mount, the extension on it, and only then the daemon, so that no
 * request is served before the extension sees it.  A failure undoes what was done,
 * in reverse order.
 */

#include <unistd.h>

#include "job.h"
#include "load.h"
#include "module.h"
#include "process.h"

int job_run(struct job *job)
{
	struct extfuse_ext *ext = NULL;
	int err;

	job->fd = module_open(job->err, sizeof(job->err));
	if (job->fd < 0)
		return job->fd;
	/* Many libfuse daemons hold a descriptor for each file. */
	process_allow_descriptors(1048576);
	err = job_load(job, &ext);
	if (err)
		goto out;
	err = job_mount(job);
	if (err)
		goto out;
	err = job_backing(job, &ext);
	if (err)
		goto out;
	err = job_attach(job, ext);
	if (err)
		goto out;
	err = job_start_daemon(job);
	if (!err && ext && job->program && extfuse_ext__takes_pattern(ext))
		job_say_unknown(job, ext);
out:
	extfuse_ext__free(ext);
	if (err)
		job_undo(job);
	return err;
}
