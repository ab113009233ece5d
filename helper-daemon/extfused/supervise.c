// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor of one mount.
 *
 * It starts the daemon, closes its own copy of the connection (fuse aborts a
 * connection when the last one is closed, so the death of the daemon must be
 * that close), and waits.  When no child (children.c) holds the connection any more, it
 * ends the children that are left and unmounts what is dead.  It never touches a mount
 * that is alive, because after an unmount the same place may have a new mount.  A daemon
 * may have handed the connection to a process that is no child: then the supervisor waits
 * for the end of the connection.
 */
#include "children.h"
#include "extfused.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dead.h"
#include "inherit.h"
#include "log.h"
#include "process.h"
#include "supervisor.h"

struct watch {
	struct extfused_options *opts;
	struct children children;
	sigset_t old_mask;	/* the signals that were blocked before */
	int sig_fd;
	pid_t first;
	int status;		/* of the first process, -1 while it lives */
	bool answers;		/* the mount has answered */
	bool failed;		/* the mount is to be given up */
	bool outlived;		/* the mount outlived its daemon: the exit status says so */
	int ending;		/* the signal that asked the daemon to end */
	int words_fd;		/* -1, or what a user's daemon says */
};

static void tell_taken_down(const char *target, int err, void *data)
{
	struct watch *w = data;
	const char *daemon = w->opts->state.command;

	w->outlived = true;
	if (err)
		log_error("cannot unmount %s, which has lost its daemon (%s): %s", target, daemon,
			  dead_mounts__explain(err));
	else
		log_warning("%s: unmounted, because the daemon (%s) is gone", target, daemon);
}

static void tell_failure(const char *target, int err, void *data)
{
	if (err)
		tell_taken_down(target, err, data);
}

/*
 * Other descriptors may be locks, or pipes that are read to their end; the working directory
 * would keep its file system busy.
 */
static void keep_only(const int *fds, size_t n)
{
	inherit_only(fds, n);
	inherit_no_limits();
	if (chdir("/"))
		log_warning("cannot leave the working directory: %s", strerror(errno));
}

static void child_main(const struct watch *w, int words_fd)
{
	const struct extfused_options *opts = w->opts;

	close(w->sig_fd);
	if (opts->go_fd >= 0)
		close(opts->go_fd);
	if (!opts->command) {
		keep_only((int []){ opts->fd, opts->mirror.source_fd }, 2);
		mirror_block_signals();
		_exit(mirror_serve(&opts->mirror, opts->fd));
	}
	sigprocmask(SIG_SETMASK, &w->old_mask, NULL);
	/* A program inherits the signals that are ignored. */
	signal(SIGPIPE, SIG_DFL);
	/* init may call mount(8) without it, and sshfs wants ~/.ssh. */
	setenv("HOME", "/root", 0);
	if (opts->user)
		user_become(opts->user, opts->fd, words_fd);
	execvp(opts->command[0], opts->command);
	log_error("cannot run %s: %s", opts->command[0], strerror(errno));
	_exit(127);
}

/* From now on nobody waits for this process: it leaves the terminal, and writes to the log. */
static void go_background(const struct extfused_options *opts)
{
	int err;

	process_leave_terminal(false);
	/* This may hang, so it comes after a reader of mount's output has stopped waiting. */
	err = log_target(opts->log ? opts->log : "syslog");
	if (err) {
		log_target("syslog");
		log_error("cannot write %s: %s", opts->log, strerror(-err));
	}
}

static const char *how_ended(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(buf, size, "ended with status %d", WEXITSTATUS(status));
	return buf;
}

/* Ended by children_end(), as far as the status can tell. */
static bool ended_by_us(int status)
{
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGKILL);
}

static void tell_left(const struct watch *w, pid_t pid)
{
	const struct mount_state *s = &w->opts->state;

	log_error("%s: process %d of the daemon (%s) hangs in the kernel and does not end, although it was killed (/proc/%d/wchan says where it is): %s",
		  s->target, pid, s->command, pid,
		  w->answers ? "the mount is taken down when it ends, and 'umount -f' ends what waits for it" : "the mount is taken down without it");
}

static void tell_handed_on(const struct mount_state *s)
{
	log_warning("%s: the daemon (%s) has ended, and has handed the connection to a process that is not its child: the mount ends with that",
		    s->target, s->command);
}

/*
 * Passes a signal on.  One that ends the daemon is also sent to processes that get the
 * connection from it later (the child of a shell script).
 */
static void take_signal(struct watch *w)
{
	struct signalfd_siginfo info;
	int sig;

	if (read(w->sig_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (signal_ends(info.ssi_signo)) {
		w->ending = info.ssi_signo;
		w->failed = !w->answers;
	}
	sig = info.ssi_signo == SIGCHLD ? w->ending : (int)info.ssi_signo;
	if (sig)
		children_signal(&w->children, sig);
}

/* A failure matters only to 'extfuse status'. */
static void state_write(const struct mount_state *s)
{
	int err = mount_state__write(s);

	if (err)
		log_warning("%s: cannot write " STATE_DIR "/%u, so 'extfuse status' does not know the daemon (%s): %s",
			    s->target, s->conn, s->command, strerror(-err));
}

/* The mount command has sent its byte, or has ended without one. */
static void take_go(struct watch *w)
{
	struct mount_state *s = &w->opts->state;
	char go;

	if (read(w->opts->go_fd, &go, 1) == 1) {
		w->answers = true;
		s->daemon = child_daemon(&w->children);
		go_background(w->opts);
		state_write(s);
	} else {
		w->failed = !w->answers;
	}
	close(w->opts->go_fd);
	w->opts->go_fd = -1;
}

/* Once the mount has answered nobody reads it, but a full pipe would stop the daemon. */
static void take_words(struct watch *w)
{
	if (w->words_fd < 0 || user_words_pass(w->words_fd))
		return;
	close(w->words_fd);
	w->words_fd = -1;
}

/* The process that serves the mount now; 0: none. */
static pid_t daemon_follow(struct watch *w)
{
	struct mount_state *s = &w->opts->state;
	pid_t pid = child_with_device(&w->children);

	/* When a daemon goes to the background, its first process may have ended before the other is our child. */
	if (!pid) {
		poll(NULL, 0, 50);
		pid = child_with_device(&w->children);
	}
	if (pid && w->answers && !child_has_device(&w->children, s->daemon)) {
		s->daemon = pid;
		state_write(s);
	}
	return pid;
}

/*
 * Waits for a signal, or for the mount command.  What the daemon says is no reason to
 * look for the daemon: a process that ends closes its pipe first, and its children
 * become ours later.
 */
static int wait_event(struct watch *w, struct pollfd fds[3])
{
	do {
		fds[2].fd = w->words_fd;
		if (poll(fds, 3, -1) < 0)
			return errno == EINTR ? 0 : -errno;
		if (fds[2].revents)
			take_words(w);
	} while (!fds[0].revents && !fds[1].revents);
	return 0;
}

static void watch(struct watch *w)
{
	struct pollfd fds[3] = {
		{ .fd = w->sig_fd, .events = POLLIN },
		{ .fd = w->opts->go_fd, .events = POLLIN },
		{ .events = POLLIN },
	};

	while (!w->failed && children_reap(w->first, &w->status) && daemon_follow(w)) {
		fds[1].fd = w->opts->go_fd;
		if (wait_event(w, fds))
			break;
		if (fds[0].revents)
			take_signal(w);
		if (fds[1].fd >= 0 && fds[1].revents)
			take_go(w);
	}
}

static int supervisor_init(struct watch *w)
{
	sigset_t set;
	int err;

	err = children_init(&w->children, w->opts->fd);
	if (err)
		return err;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, &w->old_mask))
		return -errno;
	w->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return w->sig_fd < 0 ? -errno : 0;
}

/* The daemon has said itself what is wrong, unless it does not know such mount points. */
static void tell_unserved(const struct extfused_options *opts, const char *what, const char *when)
{
	if (!opts->command)
		log_error("%s: the daemon (%s) %s%s", opts->state.target, opts->state.command, what, when);
	else
		log_error("%s: the daemon (%s) %s%s: only a program that uses libfuse 3.3 or newer takes /dev/fd/%d as its mount point",
			  opts->state.target, opts->state.command, what, when, opts->fd);
}

/* Starts the daemon, and leaves it the connection.  Returns 0 or -errno. */
static int daemon_start(struct watch *w)
{
	struct extfused_options *opts = w->opts;
	int words[2] = { -1, -1 };
	int err = opts->user ? user_words_open(words) : 0;

	if (err)
		return err;
	w->first = fork();
	if (w->first < 0)
		return -errno;
	if (!w->first)
		child_main(w, words[1]);
	/* The connection is the daemon's alone. */
	keep_only((int []){ opts->go_fd, w->sig_fd, words[0] }, 3);
	umask(022);
	w->words_fd = words[0];
	opts->state.supervisor = getpid();
	opts->state.daemon = w->first;
	w->answers = opts->go_fd < 0;
	if (w->answers)
		state_write(&opts->state);
	return 0;
}

/*
 * Removes what is dead in this mount namespace.  A mount in another one (mount -N) stays there,
 * dead, because a supervisor in that namespace would keep it for ever.
 */
static void mount_remove(struct watch *w, bool alive)
{
	const struct mount_state *s = &w->opts->state;

	dead_mounts__remove(s->conn, alive, w->answers ? tell_taken_down : tell_failure, w);
	mount_state__remove(s->conn, s->supervisor);
}

/* No child has the connection open.  Is the mount to be removed although it is not dead? */
static bool remove_alive(struct watch *w, bool left)
{
	struct mount_state *s = &w->opts->state;

	/* A mount that never answered is still the one that was made for this daemon. */
	if (!w->answers)
		return left || dead_mounts__is_served(s->conn);
	if (!dead_mounts__is_served(s->conn))
		return false;
	if (w->ending)
		return true;
	tell_handed_on(s);
	s->daemon = 0;
	state_write(s);
	return handed_on_wait(s->conn, w->sig_fd);
}

/* Ends what is left of the daemon, and its mount.  Returns the exit status. */
static int finish(struct watch *w)
{
	bool failed_itself = w->status > 0;
	pid_t left = children_end(w->first, &w->status);
	char how[64];

	take_words(w);
	if (left)
		tell_left(w, left);
	/* Nobody waits for us.  A process that is left may have the connection open; the mount can go when it ends. */
	if (left && w->answers)
		children_wait();
	if (!w->failed && w->status > 0 && !ended_by_us(w->status))
		failed_itself = true;
	if (!w->answers && failed_itself)
		tell_unserved(w->opts, how_ended(w->status, how, sizeof(how)), " before it served the mount");
	else if (!w->answers && !w->failed)
		tell_unserved(w->opts, "does not serve the mount", "");
	mount_remove(w, remove_alive(w, left));
	if (w->answers)
		return w->outlived;
	if (left)
		return EXIT_DAEMON_LEFT;
	/* mount.extfuse has most likely sent the signal, and prints a line of its own. */
	return w->ending && !failed_itself ? EXIT_TOLD_TO_END : 1;
}

int supervise(struct extfused_options *opts)
{
	struct watch w = { .opts = opts, .status = -1 };
	const char *failed = "supervise";
	int err;

	/* Fails harmlessly if this process already leads a session. */
	setsid();
	/* The reader of our messages may be gone. */
	signal(SIGPIPE, SIG_IGN);
	err = supervisor_init(&w);
	if (!err) {
		failed = "start";
		err = daemon_start(&w);
	}
	if (err) {
		log_error("%s: cannot %s the daemon (%s): %s", opts->state.target, failed,
			  opts->state.command, strerror(-err));
		return 1;
	}
	watch(&w);
	return finish(&w);
}
