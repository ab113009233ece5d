// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts extfused for a fresh mount, and the child that asks it (answer.c).
 *
 * One byte on a socket tells extfused that all is well; it closes the socket when it
 * has noted that.  If this process dies, the end of the socket tells extfused to undo
 * everything.
 */
#include "answer.h"
#include "packages.h"
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIRROR_ENTRY_NS	1000000000ULL	/* lifetime of names that the mirror has by default */

/* Where extfused is installed; one beside this program's file is preferred. */
static const char *const daemon_paths[] = { "/usr/sbin/extfused", "/usr/bin/extfused",
					    "/usr/local/sbin/extfused" };

struct args {
	char *v[64];
	int n;
};

__attribute__((format(printf, 2, 3)))
static void args_add(struct args *a, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&a->v[a->n], fmt, ap);
	va_end(ap);
	if (len < 0)
		_exit(EXIT_CANNOT_START);
	a->v[++a->n] = NULL;
}

/*
 * The lifetime of a kind of name.  The mirror gets actimeo and negtimeo too: a name that was just made
 * has the daemon's lifetime, because a program lengthens nothing in the reply to a change.
 */
static void args_names(struct args *a, const struct job *job, const char *kind, const char *given,
		       __u64 wish_ns, __u64 usual_ns)
{
	if (given)
		args_add(a, "--%s-timeout=%s", kind, given);
	else if (wish_ns > usual_ns && !job->opts.attach.names_dir)
		args_add(a, "--%s-timeout=%.9f", kind, wish_ns / 1e9);
}

static void args_mirror(struct args *a, const struct job *job)
{
	const struct mount_options *o = &job->opts;
	__u64 actimeo = o->attach.actimeo_ns;

	fcntl(job->source_fd, F_SETFD, 0);
	args_add(a, "--mirror=%s", job->source);
	args_add(a, "--mirror-fd=%d", job->source_fd);
	if (o->attr_timeout)
		args_add(a, "--attr-timeout=%s", o->attr_timeout);
	args_names(a, job, "entry", o->entry_timeout, actimeo, MIRROR_ENTRY_NS);
	args_names(a, job, "negative", o->negative_timeout,
		   o->attach.negtimeo_given ? o->attach.negtimeo_ns : actimeo, 0);
	if (job->backing)
		args_add(a, "--backing");
	if (job->backing && job->tree)
		args_add(a, "--tree");
}

/* As mount.fuse3 calls it, except for the mount point. */
static void args_foreign(struct args *a, const struct job *job)
{
	const struct mount_options *o = &job->opts;

	if (o->user)
		args_add(a, "--user=%s", o->user);
	args_add(a, "--name=%s", job->program);
	args_add(a, "--");
	args_add(a, "%s", job->program_path);
	if (*job->spec)
		args_add(a, "%s", job->spec);
	args_add(a, "/dev/fd/%d", job->fd);
	if (o->daemon.text) {
		args_add(a, "-o");
		args_add(a, "%s", o->daemon.text);
	}
}

/* Such a path must be made absolute, because extfused leaves the working directory. */
static bool log_is_relative(const char *log)
{
	return *log != '/' && strcmp(log, "syslog") && strcmp(log, "stderr");
}

/* What is kept open costs the daemon none of the descriptors that it would have without. */
static void allow_files(const struct extfuse_options *attach)
{
	rlim_t more = attach->maxkept ? attach->maxkept : EXTFUSE_MAX_KEPT;
	struct rlimit files;

	if (!attach->closetimeo_ns || getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max - files.rlim_cur > more ? files.rlim_cur + more : files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void exec_daemon(const struct job *job, int go_fd)
{
	struct args a = { 0 };
	char self[PATH_MAX], here[PATH_MAX];
	int why = ENOENT;
	char *slash;
	ssize_t len;
	size_t i;

	args_add(&a, "extfused");
	args_add(&a, "--fd=%d", job->fd);
	args_add(&a, "--conn=%u", job->conn);
	args_add(&a, "--target=%s", job->target);
	args_add(&a, "--go-fd=%d", go_fd);
	if (job->opts.log && log_is_relative(job->opts.log) && getcwd(here, sizeof(here)))
		args_add(&a, "--log=%s/%s", here, job->opts.log);
	else if (job->opts.log)
		args_add(&a, "--log=%s", job->opts.log);
	args_add(&a, "--extension=%s", job->opts.ext ? job->opts.ext : "");
	if (*job->reason)
		args_add(&a, "--reason=%s", job->reason);
	if (job->folds)
		args_add(&a, "--folds=%s", job->folds);
	if (job->program)
		args_foreign(&a, job);
	else
		args_mirror(&a, job);

	allow_files(&job->opts.attach);
	len = readlink("/proc/self/exe", self, sizeof(self) - sizeof("extfused"));
	if (len > 0) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			strcpy(slash + 1, "extfused");
			execv(self, a.v);
			why = errno;
		}
	}
	for (i = 0; i < sizeof(daemon_paths) / sizeof(*daemon_paths); i++) {
		execv(daemon_paths[i], a.v);
		/* Tell why one that exists cannot be run, not that others do not exist. */
		if (errno != ENOENT)
			why = errno;
	}
	fprintf(stderr, "mount.extfuse: %s: cannot run extfused, which must be beside mount.extfuse or in /usr/sbin: %s\n",
		job->target, strerror(why));
	_exit(EXIT_CANNOT_START);
}

static pid_t start(const struct job *job, int go[2], bool daemon, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (daemon) {
		close(go[0]);
		exec_daemon(job, go[1]);
	}
	close(go[0]);
	close(go[1]);
	close(job->fd);
	answer_ask(job);
	return -1;
}

int job_start_daemon(struct job *job)
{
	sigset_t set, old;
	pid_t daemon, asker;
	int go[2], err;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, go)) {
		err = -errno;
		snprintf(job->err, sizeof(job->err), "cannot make a socket for extfused: %s",
			 strerror(-err));
		return err;
	}
	daemon = start(job, go, true, &old);
	asker = daemon > 0 ? start(job, go, false, &old) : -1;
	err = asker < 0 ? -errno : 0;
	/* The connection ends with its last descriptor: that must be the daemon's. */
	job->fd_number = job->fd;
	close(job->fd);
	job->fd = -1;
	close(go[1]);
	if (err) {
		snprintf(job->err, sizeof(job->err), "cannot start a process: %s", strerror(-err));
		if (daemon > 0)
			daemon_end(job, daemon, &set);
		close(go[0]);
		return err;
	}
	err = answer_wait(job, daemon, asker, &set);
	if (!err)
		err = answer_let_go(job, daemon, go[0], &set);
	close(go[0]);
	return err;
}
