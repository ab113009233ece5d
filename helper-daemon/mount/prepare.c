// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a job of what was asked for, and finds everything that is wrong with it, before
 * anything is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folds.h"
#include "foreign.h"
#include "job.h"
#include "option.h"

/* "extfuse.PROGRAM" names the program; "extfuse" names none. */
static const char *type_program(const char *type)
{
	const char *dot = type ? strchr(type, '.') : NULL;

	return dot && dot[1] ? dot + 1 : NULL;
}

static int source_refused(struct job *job, const char *source)
{
	struct stat st;

	if (!stat(source, &st))
		snprintf(job->err, sizeof(job->err),
			 "the source %s is neither a directory, nor a file, nor PROGRAM#SPEC", source);
	else if (errno == ENOENT)
		snprintf(job->err, sizeof(job->err),
			 "the source %s does not exist: make it, or name another directory or file, or PROGRAM#SPEC", source);
	else
		snprintf(job->err, sizeof(job->err), "the source %s cannot be used: %s", source, strerror(errno));
	return -EINVAL;
}

/* Decides between the mirror and a foreign daemon, and what it serves. */
static int set_source(struct job *job, const struct request *r)
{
	const char *program = type_program(r->type), *hash;
	bool remount = option_in_list(r->options, "remount");
	struct stat st;

	job->source = r->source;
	job->rootmode = S_IFDIR | 0755;
	if (program) {
		job->program = strdup(program);
		job->spec = r->source;
		return job->program ? 0 : -ENOMEM;
	}
	if (!remount && !stat(r->source, &st) && (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return source_open(job, r->source);
	hash = strchr(r->source, '#');
	/* At a remount the source is not needed, and it may hang by now or be gone. */
	if (remount && !hash)
		return 0;
	if (!hash || hash == r->source)
		return source_refused(job, r->source);
	job->program = strndup(r->source, hash - r->source);
	job->spec = hash + 1;
	if (!job->program)
		return -ENOMEM;
	job->program_guessed = strchr(job->program, '/');
	return 0;
}

static int set_user(struct job *job)
{
	struct passwd *pw;

	if (!job->opts.user)
		return 0;
	pw = getpwnam(job->opts.user);
	if (!pw) {
		snprintf(job->err, sizeof(job->err), "option 'setuid=%s': there is no such user",
			 job->opts.user);
		return -EINVAL;
	}
	job->uid = pw->pw_uid;
	job->gid = pw->pw_gid;
	return 0;
}

static int kinds_match(struct job *job, mode_t target)
{
	if (S_ISDIR(job->rootmode) == S_ISDIR(target))
		return 0;
	if (S_ISDIR(target)) {
		snprintf(job->err, sizeof(job->err),
			 "the mount point is a directory, and %s is a file: mount it on a file", job->source);
		return -EISDIR;
	}
	snprintf(job->err, sizeof(job->err),
		 "the mount point is not a directory, and %s is one: mount it on a directory", job->source);
	return -ENOTDIR;
}

/*
 * The kernel mounts a directory on a directory, and a file on a file, but the daemon
 * says only later which of them its root is.  What is mounted there now may be dead, so
 * it is asked as little as possible.
 */
static int set_root_mode(struct job *job)
{
	struct stat st = { 0 };
	int err = job_enter(job), fd;

	if (err)
		return err;
	fd = open(job->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		st.st_mode = S_IFDIR;
		close(fd);
	} else if (errno == ENOTDIR && stat(job->target, &st)) {
		st.st_mode = S_IFREG;	/* dead, and about to be unmounted */
	}
	err = job_leave(job);
	/* What cannot be seen the kernel refuses, in words of its own. */
	if (err || !st.st_mode)
		return err;
	if (job->program)
		job->rootmode = st.st_mode;
	return job->program ? 0 : kinds_match(job, st.st_mode);
}

int job_prepare(struct job *job, const struct request *r)
{
	char *target = r->ns ? strdup(r->target) : realpath(r->target, NULL);
	int err = target ? 0 : -errno;

	job->target = target ? target : r->target;
	job->verbose = r->verbose;
	if (err) {
		snprintf(job->err, sizeof(job->err), "the mount point cannot be used: %s%s",
			 strerror(-err), err == -ENOENT ? ": make it with 'mkdir -p'" : "");
		return err;
	}
	err = set_source(job, r);
	if (!err)
		err = mount_options__parse(&job->opts, r->options, !job->program, r->sloppy,
					   job->err, sizeof(job->err));
	/* mount(8) does not pass "exec" and the like to its helper; a remount can set them. */
	if (!err && !job->program && !job->opts.remount)
		err = source_flags(job);
	if (!err && !job->opts.remount)
		job->folds = job->program ? "its daemon may fold case, and the kernel is not told" : folds_how(job->source_fd);
	/* A user must not become another by what the user's daemon says, as with fusermount3. */
	if (!err && job->opts.user && !job->opts.remount)
		job->opts.flags |= MS_NOSUID | MS_NODEV;
	if (!err)
		err = set_user(job);
	if (!err)
		err = job_set_namespace(job, r->ns);
	if (!err && !job->opts.remount)
		err = set_root_mode(job);
	if (!err && job->program && !job->opts.remount)
		err = foreign_find(job->program, &job->program_path, job->err, sizeof(job->err));
	if (!err && job->program_guessed && !job->opts.remount)
		err = foreign_check(job->program_path, job->spec, job->uid, job->err, sizeof(job->err));
	if (err && !*job->err)
		snprintf(job->err, sizeof(job->err), "%s", strerror(-err));
	return err;
}
