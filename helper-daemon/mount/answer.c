// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits until a fresh mount answers: a child asks for the root's attributes, which the
 * kernel holds back until the daemon has answered INIT.  extfused and that child are
 * watched, and whichever of the two ends first decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "dead.h"
#include "packages.h"
#include "supervisor.h"

/* The child that asks; its exit status is the error number. */
void answer_ask(const struct job *job)
{
	struct stat st;
	int fd;

	if (job_enter(job))
		_exit(errno);
	/* As root: the daemon's user may not be able to reach the mount point by its path. */
	fd = open(job->target, O_PATH | O_CLOEXEC);
	if (fd < 0)
		_exit(errno);
	/* Without allow_other nobody but the daemon's user is let in, not even root. */
	if (job->uid && (setgroups(0, NULL) || setgid(job->gid) || setuid(job->uid)))
		_exit(errno);
	_exit(fstat(fd, &st) && errno != EACCES && errno != EPERM ? errno : 0);
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

/* The next signal of @set, 0 when @deadline has come (0: there is none), or -errno. */
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
			 "%s has not served the mount within %g seconds: only a program that uses libfuse 3.3 or newer takes /dev/fd/%d as its mount point; if it is one and only slow, give it more time with mount_timeout=SECONDS (0: no limit)",
			 job->program, seconds, job->fd_number);
	else
		snprintf(job->err, sizeof(job->err),
			 "the mirror of %s has not answered within %g seconds: the directory may be on a server that does not respond; mount_timeout=SECONDS gives it more time (0: no limit)",
			 job->source, seconds);
}

/* What became of the child that asks; 0 while nothing is decided or it has its answer. */
static int asker_result(struct job *job, int status)
{
	int err = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;

	/* If the daemon has died, extfused has a better message than these errors. */
	if (err && !dead_error(-err))
		snprintf(job->err, sizeof(job->err), "the mount does not answer: %s%s", strerror(-err),
			 err == -EIO && !S_ISDIR(job->rootmode) ?
			 " (the mount point is a file, so the root of the daemon must be a file too)" : "");
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
	/* A request that the daemon has read but not answered may keep it alive until the mount is gone. */
	waitpid(asker, NULL, WNOHANG);
}

/*
 * Tells extfused to end its daemon, and waits for that, but not for ever: the daemon
 * may be stopped, or hang in the kernel.
 */
void daemon_end(struct job *job, pid_t daemon, const sigset_t *set)
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
	snprintf(job->err + len, sizeof(job->err) - len, "; extfused (process %d) did not end in time and was killed",
		 daemon);
}

static void say_given_up(struct job *job, int sig, bool patient)
{
	if (sig)
		snprintf(job->err, sizeof(job->err), "given up because of signal %d", sig);
	else if (patient)
		snprintf(job->err, sizeof(job->err), "the connection was aborted before the mount answered, although its daemon is running");
	else
		say_timeout(job);
}

/*
 * Waits for either child.  Returns 0 when the mount answers.  If the connection dies
 * while the asker waits, extfused explains it: it sees the daemon's end a moment
 * later, and is told to end only if it does not.  A process that merely inherits the
 * connection may never answer, so there is a time limit.
 */
int answer_wait(struct job *job, pid_t daemon, pid_t asker, const sigset_t *set)
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
			/* From now on the number may be another process's. */
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
int answer_let_go(struct job *job, pid_t daemon, int go_fd, const sigset_t *set)
{
	struct pollfd end = { .fd = go_fd, .events = POLLIN };
	char byte = 1;

	if (write(go_fd, &byte, 1) != 1)
		goto gone;
	if (!poll(&end, 1, END_NS / 1000000)) {
		snprintf(job->err, sizeof(job->err), "the mount answers, but extfused does not go to the background: it may hang in opening log=%s",
			 job->opts.log ? job->opts.log : "syslog");
		daemon_end(job, daemon, set);
		return -ETIMEDOUT;
	}
	if (read(go_fd, &byte, 1) >= 0)
		return 0;
gone:
	snprintf(job->err, sizeof(job->err), "extfused ended just after the mount had answered");
	daemon_end(job, daemon, set);
	return -EIO;
}
