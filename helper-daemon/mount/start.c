// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts extfused for a fresh mount and waits until the mount answers: a child
 * asks for the root's attributes, which the kernel holds back until the daemon
 * has answered INIT.  Whichever of the two ends first decides.
 *
 * extfused is told by one byte on a socket that all is well, and closes it when
 * it has taken note; should we die, the socket's end tells it to take
 * everything down.
 */
#include "job.h"
#include "packages.h"
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIRROR_ENTRY_NS	1000000000ULL	/* how long a name lives that the mirror is told nothing of */

/* Where an installed extfused is; one beside our own file goes first. */
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
 * The lifetime of a kind of name.  actimeo is the mirror's as well: a name that was just made has the daemon's
 * lifetime, because a program lengthens nothing in the reply to a change.
 */
static void args_names(struct args *a, const struct job *job, const char *kind, const char *given, __u64 usual_ns)
{
	const struct extfuse_options *attach = &job->opts.attach;

	if (given)
		args_add(a, "--%s-timeout=%s", kind, given);
	else if (attach->actimeo_ns > usual_ns && !attach->names_dir)
		args_add(a, "--%s-timeout=%.9f", kind, attach->actimeo_ns / 1e9);
}

static void args_mirror(struct args *a, const struct job *job)
{
	const struct mount_options *o = &job->opts;

	fcntl(job->source_fd, F_SETFD, 0);
	args_add(a, "--mirror=%s", job->source);
	args_add(a, "--mirror-fd=%d", job->source_fd);
	if (o->attr_timeout)
		args_add(a, "--attr-timeout=%s", o->attr_timeout);
	args_names(a, job, "entry", o->entry_timeout, MIRROR_ENTRY_NS);
	args_names(a, job, "negative", o->negative_timeout, 0);
	if (job->backing)
		args_add(a, "--backing");
}

/* As mount.fuse3 calls it, but for the mount point. */
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

/* A path that means something only from here: extfused leaves the working directory. */
static bool log_is_relative(const char *log)
{
	return *log != '/' && strcmp(log, "syslog") && strcmp(log, "stderr");
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
		/* The one that is there is worth a word, not those that are not. */
		if (errno != ENOENT)
			why = errno;
	}
	fprintf(stderr, "mount.extfuse: %s: cannot run extfused, which belongs beside mount.extfuse or into /usr/sbin: %s\n",
		job->target, strerror(why));
	_exit(EXIT_CANNOT_START);
}

/* The child that asks; its exit status is the error number. */
static void ask_mount(const struct job *job)
{
	struct stat st;
	int fd;

	if (job_enter(job))
		_exit(errno);
	/* That user may not reach it by its path, which says nothing of the mount. */
	fd = open(job->target, O_PATH | O_CLOEXEC);
	if (fd < 0)
		_exit(errno);
	/* Without allow_other nobody but the daemon's user is let in, not even root. */
	if (job->uid && (setgroups(0, NULL) || setgid(job->gid) || setuid(job->uid)))
		_exit(errno);
	_exit(fstat(fd, &st) && errno != EACCES && errno != EPERM ? errno : 0);
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
	ask_mount(job);
	return -1;
}

/* How long extfused may take to see by itself that the connection is dead. */
#define GRACE_NS	5000000000ULL
/* How long it may take to end its daemon: it gives some seconds to each of SIGTERM and SIGKILL. */
#define END_NS		15000000000ULL

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The next signal of @set; 0 when @deadline has come, which is none if it is 0; else -errno. */
static int wait_signal(const sigset_t *set, __u64 deadline)
{
	__u64 now = now_ns(), left = deadline > now ? deadline - now : 0;
	const struct timespec ts = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	int sig = deadline ? sigtimedwait(set, NULL, &ts) : sigwaitinfo(set, NULL);

	if (sig < 0)
		return errno == EAGAIN ? 0 : -errno;
	return sig;
}

static void say_timeout(struct job *job)
{
	double seconds = job->opts.mount_timeout_ns / 1e9;

	if (job->program)
		snprintf(job->err, sizeof(job->err),
			 "%s has not served the mount within %g seconds: only a program that uses libfuse 3.3 or newer takes /dev/fd/%d as its mount point; if it is one and only slow, give more with mount_timeout=SECONDS (0: no limit)",
			 job->program, seconds, job->fd_number);
	else
		snprintf(job->err, sizeof(job->err),
			 "the mirror of %s has not answered within %g seconds: is that directory on a server that does not respond? mount_timeout=SECONDS gives more (0: no limit)",
			 job->source, seconds);
}

/* What became of the child that asks; 0 while nothing is decided or it has its answer. */
static int asker_result(struct job *job, int status)
{
	int err = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;

	/* The daemon's death has a better message than what it does to the asker. */
	if (err && err != -ENOTCONN && err != -ECONNABORTED)
		snprintf(job->err, sizeof(job->err), "the mount does not answer: %s%s", strerror(-err),
			 err == -EIO && !S_ISDIR(job->rootmode) ?
			 " (the mount point is a file: is the daemon's root one as well?)" : "");
	return err;
}

/* extfused is gone, and has said why unless it was killed or told to end. */
static void daemon_gone(struct job *job, int status)
{
	job->orphaned = WIFSIGNALED(status) || WEXITSTATUS(status) == EXIT_DAEMON_LEFT;
	if (*job->err)
		return;
	if (WIFSIGNALED(status))
		snprintf(job->err, sizeof(job->err), "extfused was killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == EXIT_TOLD_TO_END)
		snprintf(job->err, sizeof(job->err), "extfused was told to end before the mount answered");
	else if (WEXITSTATUS(status) == EXIT_CANNOT_START)
		daemon_starts(job->err, sizeof(job->err));
}

static void asker_end(pid_t asker)
{
	if (!asker)
		return;
	kill(asker, SIGKILL);
	/* A request that was read and is not answered keeps it: the mount has to go first. */
	waitpid(asker, NULL, WNOHANG);
}

/*
 * Has extfused end its daemon, and waits for that, but not for ever: it may be
 * stopped, or hang in the kernel.
 */
static void daemon_end(struct job *job, pid_t daemon, const sigset_t *set)
{
	__u64 deadline = now_ns() + END_NS;
	size_t len;
	int status;

	kill(daemon, SIGTERM);
	do {
		if (waitpid(daemon, &status, WNOHANG) == daemon) {
			daemon_gone(job, status);
			return;
		}
	} while (wait_signal(set, deadline));
	kill(daemon, SIGKILL);
	job->orphaned = true;
	len = strlen(job->err);
	snprintf(job->err + len, sizeof(job->err) - len, "; and extfused (process %d), which should have ended, was killed",
		 daemon);
}

static void say_given_up(struct job *job, int sig, bool patient)
{
	if (sig)
		snprintf(job->err, sizeof(job->err), "given up because of signal %d", sig);
	else if (patient)
		snprintf(job->err, sizeof(job->err), "the connection was aborted before the mount answered, though its daemon runs");
	else
		say_timeout(job);
}

/*
 * Waits for either child.  Returns 0 when the mount answers.  A connection that
 * died under the asker is extfused's to explain: it sees the daemon's end a
 * moment later, and is told to end only when it does not.  A process that only
 * inherits the connection may never answer: the time has a limit.
 */
static int wait_answer(struct job *job, pid_t daemon, pid_t asker, const sigset_t *set)
{
	__u64 limit = job->opts.mount_timeout_ns, deadline = limit ? now_ns() + limit : 0;
	int status, sig, failed = 0;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid == daemon) {
			asker_end(asker);
			daemon_gone(job, status);
			return failed ? failed : -EIO;
		}
		if (pid == asker) {
			/* Its number may be another's from now on. */
			asker = 0;
			failed = asker_result(job, status);
			if (!failed)
				return 0;
			if (*job->err)
				break;
			deadline = now_ns() + GRACE_NS;
		}
		if (pid > 0)
			continue;
		sig = wait_signal(set, deadline);
		if (sig == SIGCHLD || sig < 0)
			continue;
		say_given_up(job, sig, failed);
		if (!failed)
			failed = sig ? -EINTR : -ETIMEDOUT;
		break;
	}
	asker_end(asker);
	daemon_end(job, daemon, set);
	return failed;
}

/*
 * The byte lets extfused go on alone; its end of the socket closes when it has.
 * Until then it opens its log, which may be on a file system that does not answer.
 */
static int daemon_let_go(struct job *job, pid_t daemon, int go_fd, const sigset_t *set)
{
	struct pollfd end = { .fd = go_fd, .events = POLLIN };
	char byte = 1;

	if (write(go_fd, &byte, 1) != 1)
		goto gone;
	if (!poll(&end, 1, END_NS / 1000000)) {
		snprintf(job->err, sizeof(job->err), "the mount answers, but extfused does not go on alone: does log=%s hang?",
			 job->opts.log ? job->opts.log : "syslog");
		daemon_end(job, daemon, set);
		return -ETIMEDOUT;
	}
	if (read(go_fd, &byte, 1) >= 0)
		return 0;
gone:
	snprintf(job->err, sizeof(job->err), "extfused ended when the mount had just answered");
	daemon_end(job, daemon, set);
	return -EIO;
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
	/* The connection ends with its last descriptor: that must be the daemon's. */
	job->fd_number = job->fd;
	close(job->fd);
	job->fd = -1;
	close(go[1]);
	if (asker < 0) {
		snprintf(job->err, sizeof(job->err), "cannot start a process: %s", strerror(errno));
		if (daemon > 0)
			daemon_end(job, daemon, &set);
		close(go[0]);
		return -EAGAIN;
	}
	err = wait_answer(job, daemon, asker, &set);
	if (!err)
		err = daemon_let_go(job, daemon, go[0], &set);
	close(go[0]);
	return err;
}
