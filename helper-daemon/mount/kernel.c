// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mount itself: mount(2), and its way back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dead.h"
#include "elsewhere.h"
#include "job.h"
#include "mounts.h"
#include "say.h"

static void say_uncovered(const char *target, int err, void *data)
{
	char line[256];

	(void)data;
	snprintf(line, sizeof(line), "the mount that is there has lost its daemon and cannot be unmounted: %s",
		 dead_mounts__explain(err));
	say(target, err ? line : "unmounted the mount that was there: it had lost its daemon");
}

static void mount_failed(struct job *job, int err)
{
	if (err == -EINVAL && job->opts.allow_idmap)
		snprintf(job->err, sizeof(job->err),
			 "cannot mount with allow_idmap: this kernel's fuse knows no idmapped mounts (that of Linux 6.12 does): mount without allow_idmap");
	else if (err == -EPERM)
		snprintf(job->err, sizeof(job->err), "cannot mount: %s: " HOST_ROOT_ADVICE, strerror(-err));
	else
		snprintf(job->err, sizeof(job->err), "cannot mount: %s (options %s)", strerror(-err),
			 job->opts.kernel.text);
}

/* The connection of the mount just made at the target, if the module does not tell.  0: there is none. */
static unsigned int conn_at(const struct job *job)
{
	const struct mount_entry *e;
	struct mount_list list;
	unsigned int conn = 0;

	if (job_enter(job))
		return 0;
	if (!mount_list__read(&list, false)) {
		e = mount_list__at(&list, job->target);
		conn = e ? e->conn : 0;
		mount_list__free(&list);
	}
	job_leave(job);
	return conn;
}

int job_mount(struct job *job)
{
	struct extfuse_ioc_query query = { 0 };
	struct mount_options *o = &job->opts;
	int err;

	words_add(&o->kernel, "fd=%d,rootmode=%o,user_id=%u,group_id=%u", job->fd,
		  job->rootmode & S_IFMT, job->uid, job->gid);
	if (o->allow_other)
		words_add(&o->kernel, "allow_other");
	if (o->default_permissions)
		words_add(&o->kernel, "default_permissions");
	if (o->allow_idmap)
		words_add(&o->kernel, "allow_idmap");
	if (o->max_stack_depth)
		words_add(&o->kernel, "max_stack_depth=%u", o->max_stack_depth);
	if (o->subtype || job->program) {
		const char *slash = job->program ? strrchr(job->program, '/') : NULL;

		words_add(&o->kernel, "subtype=%s",
			  o->subtype ? o->subtype : slash ? slash + 1 : job->program);
	}
	if (job->verbose)
		printf("mount.extfuse: mount %s on %s with %s\n", job->source, job->target,
		       o->kernel.text);
	err = job_enter(job);
	if (!err)
		dead_mounts__uncover(job->target, say_uncovered, NULL);
	if (!err && mount(job->source, job->target, "extfuse", o->flags, o->kernel.text))
		err = -errno;
	job_leave(job);
	if (err) {
		mount_failed(job, err);
		return err;
	}
	job->mounted = true;
	err = extfuse_conn__query(job->fd, 0, &query);
	if (err)
		snprintf(job->err, sizeof(job->err),
			 "the module does not tell the number of the connection (%s), and may be of another version: 'extfuse doctor' finds out",
			 strerror(-err));
	job->conn = err ? conn_at(job) : query.conn;
	return err;
}

static void say_left(const char *target, int err, void *data)
{
	char line[256];

	(void)data;
	snprintf(line, sizeof(line), "the failed mount is still there and cannot be unmounted: %s", dead_mounts__explain(err));
	if (err)
		say(target, line);
}

void job_undo(struct job *job)
{
	/* The connection ends with its last descriptor, here or in extfused. */
	if (job->fd >= 0)
		close(job->fd);
	job->fd = -1;
	if (!job->mounted || job_enter(job))
		return;
	dead_mounts__remove(job->conn, job->orphaned, say_left, NULL);
	job_leave(job);
}
