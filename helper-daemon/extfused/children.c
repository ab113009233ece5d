// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor's children: which of them is the daemon, and how they end.
 *
 * Daemons that go to the background become its children, because it is a subreaper.  One of
 * them is the daemon for as long as it has /dev/extfuse open.  That also tells a daemon from
 * its helpers (sshfs starts an ssh).
 *
 * A pidfd of the process that was started would not do.  A daemon that goes to the background
 * is a process which that one has forked, and the supervisor has no descriptor of it.  A pidfd
 * guards against a number that has become another process's.  That cannot happen here: a
 * child's number stays its own until it is waited for, and only this thread waits.
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

bool child_has_device(const struct children *c, pid_t pid)
{
	char path[64], target[sizeof(c->device) + 1];
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
		found = !strcmp(target, c->device) && mount_id_of(pid, d->d_name) == c->device_mount;
	}
	closedir(dir);
	return found;
}

/* What is done with a child, or asked of it; @data is the caller's. */
typedef bool (*child_fn)(pid_t pid, const void *data);

/* Calls @fn for each child of @parent until it returns true; returns that child or 0. */
static pid_t each_child_of(pid_t parent, child_fn fn, const void *data)
{
	pid_t pid, found = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	f = fopen(path, "re");
	while (f && !found && fscanf(f, "%d", &pid) == 1) {
		if (fn(pid, data))
			found = pid;
	}
	if (f)
		fclose(f);
	return found;
}

static pid_t each_child(child_fn fn, const void *data)
{
	return each_child_of(getpid(), fn, data);
}

static bool child_holds(pid_t pid, const void *data)
{
	return child_has_device(data, pid);
}

pid_t child_with_device(const struct children *c)
{
	return each_child(child_holds, c);
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

struct leaving {
	const struct children *c;
	pid_t pid;
};

/*
 * A daemon that goes to the background leaves a process that lives for a moment
 * yet: what that has forked, itself in a session of its own, is the daemon already.
 */
static bool child_is_daemon(pid_t pid, const void *data)
{
	const struct leaving *l = data;

	return getsid(pid) == pid && child_has_device(l->c, pid) && same_program(pid, l->pid);
}

pid_t child_daemon(const struct children *c)
{
	struct leaving l = { .c = c, .pid = child_with_device(c) };
	pid_t forked;

	if (!l.pid)
		return 0;
	forked = each_child_of(l.pid, child_is_daemon, &l);
	return forked ? forked : l.pid;
}

static bool child_kill(pid_t pid, const void *sig)
{
	kill(pid, *(const int *)sig);
	return false;
}

static void children_kill(int sig)
{
	each_child(child_kill, &sig);
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

static bool child_any(pid_t pid, const void *data)
{
	(void)pid;
	(void)data;
	return true;
}

pid_t children_end(pid_t first, int *status)
{
	int turn;

	children_kill(SIGTERM);
	for (turn = 0; turn < GRACE_TURNS + KILL_TURNS; turn++) {
		if (!children_reap(first, status))
			return 0;
		/* The children of each that dies become ours. */
		if (turn >= GRACE_TURNS)
			children_kill(SIGKILL);
		poll(NULL, 0, 50);
	}
	return each_child(child_any, NULL);
}

void children_wait(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		children_kill(SIGKILL);
}

struct passing {
	const struct children *c;
	int sig;
};

static bool child_signal(pid_t pid, const void *data)
{
	const struct passing *p = data;

	if (child_has_device(p->c, pid))
		kill(pid, p->sig);
	return false;
}

void children_signal(const struct children *c, int sig)
{
	struct passing p = { .c = c, .sig = sig };

	each_child(child_signal, &p);
}

int children_init(struct children *c, int fd)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, c->device, sizeof(c->device) - 1);
	if (len <= 0)
		return -EBADF;
	c->device[len] = '\0';
	c->device_mount = mount_id_at(fd);
	if (c->device_mount < 0)
		return c->device_mount;
	return prctl(PR_SET_CHILD_SUBREAPER, 1) ? -errno : 0;
}
