// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor's children: which of them is the daemon, and how they end.
 *
 * Daemons that go to the background become its children, because it is a subreaper;
 * one of them is the daemon as long as it holds /dev/extfuse open, which also tells a
 * daemon from its helpers (sshfs starts an ssh).
 */
#include "children.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"

/* How long a daemon's helpers may take to end by themselves, in 50 ms. */
#define GRACE_TURNS	40

/* And how long after SIGKILL. */
#define KILL_TURNS	60

static char device[64];		/* what /proc/PID/fd shows for the connection */
static int device_mount;	/* where that node is; mount.extfuse makes a mount for each connection */

bool child_has_device(pid_t pid)
{
	char path[64], target[sizeof(device) + 1];
	struct dirent *d;
	bool found = false;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (d = readdir(dir))) {
		len = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		found = !strcmp(target, device) && mount_id_of(pid, d->d_name) == device_mount;
	}
	closedir(dir);
	return found;
}

/* Calls @fn for each child of @parent until it returns true; returns that child or 0. */
static pid_t each_child_of(pid_t parent, bool (*fn)(pid_t pid))
{
	pid_t pid, found = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	f = fopen(path, "re");
	while (f && !found && fscanf(f, "%d", &pid) == 1) {
		if (fn(pid))
			found = pid;
	}
	if (f)
		fclose(f);
	return found;
}

static pid_t each_child(bool (*fn)(pid_t pid))
{
	return each_child_of(getpid(), fn);
}

static bool same_program(pid_t a, pid_t b)
{
	char path_a[64], path_b[64];
	struct stat st_a, st_b;

	snprintf(path_a, sizeof(path_a), "/proc/%d/exe", a);
	snprintf(path_b, sizeof(path_b), "/proc/%d/exe", b);
	return !stat(path_a, &st_a) && !stat(path_b, &st_b) && st_a.st_dev == st_b.st_dev &&
	       st_a.st_ino == st_b.st_ino;
}

/*
 * The daemon.  One that goes to the background leaves a process that lives for
 * a moment yet: what that has forked, itself in a session of its own, is the
 * daemon already.
 */
static pid_t leaving;

static bool child_is_daemon(pid_t pid)
{
	return getsid(pid) == pid && child_has_device(pid) && same_program(pid, leaving);
}

pid_t child_daemon(void)
{
	pid_t pid = child_with_device(), forked;

	if (!pid)
		return 0;
	leaving = pid;
	forked = each_child_of(pid, child_is_daemon);
	return forked ? forked : pid;
}

static bool child_terminate(pid_t pid)
{
	kill(pid, SIGTERM);
	return false;
}

static bool child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	return false;
}

bool children_reap(pid_t first, int *status)
{
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid == first)
			*status = s;
	}
	return pid == 0;
}

static bool child_any(pid_t pid)
{
	(void)pid;
	return true;
}

pid_t children_end(pid_t first, int *status)
{
	int turn;

	each_child(child_terminate);
	for (turn = 0; turn < GRACE_TURNS + KILL_TURNS; turn++) {
		if (!children_reap(first, status))
			return 0;
		/* Each that dies may leave us its own children. */
		if (turn >= GRACE_TURNS)
			each_child(child_kill);
		poll(NULL, 0, 50);
	}
	return each_child(child_any);
}

void children_wait(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		each_child(child_kill);
}

static int signal_to_pass;

static bool child_signal(pid_t pid)
{
	if (child_has_device(pid))
		kill(pid, signal_to_pass);
	return false;
}

void children_signal(int sig)
{
	signal_to_pass = sig;
	each_child(child_signal);
}

pid_t child_with_device(void)
{
	return each_child(child_has_device);
}

int children_init(int fd)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, device, sizeof(device) - 1);
	if (len <= 0)
		return -EBADF;
	device[len] = '\0';
	device_mount = mount_id_at(fd);
	if (device_mount < 0)
		return device_mount;
	return prctl(PR_SET_CHILD_SUBREAPER, 1) ? -errno : 0;
}
