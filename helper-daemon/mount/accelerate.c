// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extension of a mount: loaded before, attached after the mount is made.  If an
 * extension that was asked for cannot be used, the mount fails.  Without the default one
 * the mount is made, and a sentence says why it is not accelerated.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backing.h"
#include "job.h"
#include "load.h"
#include "packages.h"
#include "say.h"

/* The default: the kernel can reach a mirror's files itself; those of a foreign daemon may be anywhere. */
#define MIRROR_EXTENSION	"passthrough"
#define FOREIGN_EXTENSION	"metacache"

static int job_fails(struct job *job, int err, const char *why)
{
	snprintf(job->err, sizeof(job->err), "%s", why);
	return err;
}

/* An error for an extension that was asked for, only the reason for the default one. */
static int job_unaccelerated(struct job *job, int err, const char *why)
{
	char text[sizeof(job->reason)];

	if (!*why) {
		snprintf(text, sizeof(text), "the extension cannot be used: %s", strerror(-err));
		why = text;
	}
	if (job->opts.ext)
		return job_fails(job, err, why);
	snprintf(job->reason, sizeof(job->reason), "%s", why);
	return 0;
}

/* Options for an extension were asked for, whoever chose the extension. */
static bool options_are_refused(const struct job *job, int err)
{
	const struct extfuse_options none = { 0 };

	return err == -EINVAL && memcmp(&job->opts.attach, &none, sizeof(none));
}

/*
 * Loads the extension.  One that was not asked for may be missing: then *@ext
 * is NULL and job->reason says why.
 */
int job_load(struct job *job, struct extfuse_ext **ext)
{
	const char *usual = job->program ? FOREIGN_EXTENSION : MIRROR_EXTENSION;
	const char *name = job->opts.ext ? job->opts.ext : usual;
	char why[sizeof(job->reason)] = "";
	int err;

	*ext = NULL;
	if (!strcmp(name, "none")) {
		snprintf(job->reason, sizeof(job->reason), "mounted with ext=none");
		return 0;
	}
	err = extfuse_module__probe(why, sizeof(why));
	if (!err) {
		err = extfuse_ext__open(ext, name, &job->opts.attach, why, sizeof(why));
		if (options_are_refused(job, err))
			return job_fails(job, err, why);
		if (!job->opts.ext)
			extension_mend(err, why, sizeof(why));
	}
	if (!err) {
		err = extfuse_ext__load(*ext, why, sizeof(why));
		if (err) {
			extfuse_ext__free(*ext);
			*ext = NULL;
		}
	}
	if (err)
		return job_unaccelerated(job, err, why);
	return backing_prepare(job, *ext);
}

/*
 * Before the daemon has anything to do: does the kernel take backing objects on the
 * source?  If not, the extension has no use.
 */
int job_backing(struct job *job, struct extfuse_ext **ext)
{
	char why[sizeof(job->reason)] = "";
	int err;

	if (!job->backing)
		return 0;
	err = backing_begin(job, why, sizeof(why));
	if (!err)
		return 0;
	job->backing = false;
	extfuse_ext__free(*ext);
	*ext = NULL;
	return job_unaccelerated(job, err, why);
}

/* If programs are switched off, the extension stays attached, and answers once they are switched on. */
int job_attach(struct job *job, struct extfuse_ext *ext)
{
	struct extfuse_ioc_query query = { 0 };
	char why[sizeof(job->reason)] = "";
	int err;

	if (!ext)
		return 0;
	err = extfuse_ext__attach(ext, job->fd, 0, why, sizeof(why));
	if (err)
		return job_unaccelerated(job, err, why);
	if (!extfuse_conn__query(job->fd, 0, &query) && query.state != EXTFUSE_STATE_ATTACHED)
		snprintf(job->reason, sizeof(job->reason), "%s", extfuse_state__explain(query.state));
	return 0;
}

/* For a foreign daemon it is not known; a mirror's source that is known to do it is refused. */
void job_say_unknown(const struct job *job, const struct extfuse_ext *ext)
{
	char line[256];

	snprintf(line, sizeof(line), "mounted, but extension %s goes by names, and %s may find a file under other names too (%s): no pattern hides it there",
		 extfuse_ext__name(ext), job->program, job->folds);
	say(job->target, line);
}
