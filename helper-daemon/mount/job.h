/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of mount.extfuse: what was asked for, and what has been done and is
 * to be undone when a later step fails.
 */
#ifndef EXTFUSE_MOUNT_JOB_H
#define EXTFUSE_MOUNT_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "options.h"

struct extfuse_ext;

struct job {
	const char *source;
	int source_fd;		/* the directory of a mirror, else -1 */
	const char *target;
	char *program;		/* foreign daemon, or NULL: the mirror */
	bool program_guessed;	/* by a '#' in what may have been meant as a directory */
	char *program_path;	/* where it was found; the daemon's user may have another $PATH */
	const char *spec;	/* its argument; may be empty */
	const char *folds;	/* NULL, or how files are found under names that are not their own */
	mode_t rootmode;
	uid_t uid;		/* the daemon's */
	gid_t gid;
	int ns_fd;		/* -1, or the namespace to mount in */
	int home_fd;		/* the namespace to come back to */
	bool verbose;
	struct mount_options opts;

	int fd;			/* -1, or the connection */
	int fd_number;		/* what it was when the daemon got it */
	bool backing;		/* the extension passes requests through */
	bool tree;		/* and names */
	bool mounted;
	unsigned int conn;
	bool orphaned;		/* extfused was killed: its daemon may still hold the mount */
	char reason[512];	/* why there is no extension at work, or empty */
	char err[1024];
};

/* What was asked for, as mount(8) hands it over. */
struct request {
	const char *source;
	const char *target;
	const char *type;
	const char *ns;
	char *options;
	bool fake;
	bool sloppy;
	bool verbose;
};

/* Fills the job.  Returns 0, or -errno with a line in job->err. */
int job_prepare(struct job *job, const struct request *r);

/* Makes the mount.  Returns 0, or -errno with a line in job->err; then nothing is left. */
int job_run(struct job *job);

/* Opens the namespace @ns, a path or the number of a process in it; NULL: that of this process. */
int job_set_namespace(struct job *job, const char *ns);
/* Runs in the mount's namespace, and comes back. Returns 0 or -errno. */
int job_enter(const struct job *job);
int job_leave(const struct job *job);

/*
 * Fills source, source_fd, and rootmode for the mirror of a directory or a file.  Returns
 * 0 or -errno.
 */
int source_open(struct job *job, const char *dir);
/* Adds to the options the flags of its mount that a mirror of it has too (MS_NOSUID and the like), as for a bind mount. */
int source_flags(struct job *job);

/*
 * Loads the extension.  The default one may be missing: then *@ext is NULL, and job->reason
 * says why.  Each of these returns 0, or -errno with a line in job->err.
 */
int job_load(struct job *job, struct extfuse_ext **ext);
/*
 * Before the daemon has anything to do: does the kernel take backing objects on the
 * source?  If not, the extension has no use.
 */
int job_backing(struct job *job, struct extfuse_ext **ext);
int job_attach(struct job *job, struct extfuse_ext *ext);
/* Says that a pattern may miss names of a foreign daemon. */
void job_say_unknown(const struct job *job, const struct extfuse_ext *ext);

/* Mounts; fills job->conn.  Returns 0, or -errno with a line in job->err. */
int job_mount(struct job *job);
/* Removes what is left of a mount that failed. */
void job_undo(struct job *job);

/*
 * Changes the flags of the mount at the target.  Returns 0, with a line in
 * job->err if more was asked for, or -errno.
 */
int job_remount(struct job *job);

/*
 * Starts extfused and waits until the mount answers.  Closes job->fd.  Returns
 * 0, or -errno with a line in job->err, which is empty if extfused has said what is
 * wrong; then no process is left.
 */
int job_start_daemon(struct job *job);

#endif /* EXTFUSE_MOUNT_JOB_H */
