// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of the caller of a request: its header has the ids, /proc the rest.
 * creds.c says how much of that may be taken.
 */
#include "creds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/extfuse.h>

#include "log.h"

#define NOBODY		((uint32_t)-2)	/* a caller that is not mapped owns nothing, and is in no group */

static int proc_fd = -1;
static dev_t own_ns_dev;
static ino_t own_ns_ino;

int groups_room(struct groups *g, unsigned int room)
{
	gid_t *gids;

	if (room <= g->room)
		return 0;
	gids = realloc(g->gids, room * sizeof(*gids));
	if (!gids)
		return -ENOMEM;
	g->gids = gids;
	g->room = room;
	return 0;
}

/* What /proc says of a task, in a buffer of the thread's own; NULL: /proc does not show it. */
static const char *status_read(uint32_t tid)
{
	static __thread char *buf;
	static __thread size_t room;
	char name[32], *more;
	ssize_t n = -1;
	int fd;

	snprintf(name, sizeof(name), "%u/status", tid);
	fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	/* It is one record: what does not fit is read again into more room. */
	while (!room || (n = pread(fd, buf, room, 0)) == (ssize_t)room) {
		more = realloc(buf, room + 8192);
		if (!more)
			break;
		buf = more;
		room += 8192;
	}
	close(fd);
	if (n < 0 || n == (ssize_t)room)
		return NULL;
	buf[n] = '\0';
	return buf;
}

/* What follows "@name:" at the start of a line; the name of a task cannot have a newline. */
static const char *field(const char *status, const char *name)
{
	size_t len = strlen(name);

	for (; status; status = strchr(status, '\n')) {
		status += *status == '\n';
		if (!strncmp(status, name, len) && status[len] == ':')
			return status + len + 1;
	}
	return NULL;
}

/* "Uid:" and "Gid:" have four: real, effective, saved, and that for files. */
static uint32_t fs_id(const char *status, const char *name)
{
	const char *at = field(status, name);
	unsigned int id;

	return at && sscanf(at, "%*u %*u %*u %u", &id) == 1 ? id : NO_ID;
}

static int groups_parse(const char *status, struct groups *g)
{
	const char *at = field(status, "Groups");
	char *end;

	g->n = 0;
	while (at) {
		at += strspn(at, "\t ");
		if (*at < '0' || *at > '9')
			break;
		if (groups_room(g, g->n >= g->room ? g->room * 2 + 16 : 0))
			return -ENOMEM;
		g->gids[g->n++] = strtoul(at, &end, 10);
		at = end;
	}
	return 0;
}

/* Only the daemon itself may read that of other users' tasks. */
static bool in_own_namespace(uint32_t tid)
{
	char name[32];
	struct stat st;

	if (creds_be_self())
		return false;
	snprintf(name, sizeof(name), "%u/ns/user", tid);
	return !fstatat(proc_fd, name, &st, 0) && st.st_dev == own_ns_dev && st.st_ino == own_ns_ino;
}

static uint64_t caps_parse(const char *status, uint32_t tid)
{
	const char *at = field(status, "CapEff");
	uint64_t caps = at ? strtoull(at, NULL, 16) : 0;

	return caps && in_own_namespace(tid) ? caps : 0;
}

/* Where /proc is mounted with hidepid it shows tasks to the daemon itself only. */
static const char *status_of(uint32_t tid)
{
	const char *status = tid && proc_fd >= 0 ? status_read(tid) : NULL;

	if (status || !tid || proc_fd < 0 || creds_be_self())
		return status;
	return status_read(tid);
}

static int complete(const struct fuse_in_header *head, struct identity *caller)
{
	const char *status;
	int err;

	status = head->padding & EXTFUSE_HEADER_OVERRIDDEN ? NULL : status_of(head->pid);
	if (!status)
		return 0;
	/* The mount also maps groups, but it is not known how. */
	if (head->padding & EXTFUSE_HEADER_MAPPED) {
		caller->caps = caps_parse(status, head->pid);
		return 0;
	}
	/* With allow_idmap some requests have no ids; the ids of an unmapped caller are those in /proc. */
	if (caller->uid == NO_ID)
		caller->uid = fs_id(status, "Uid");
	if (caller->gid == NO_ID)
		caller->gid = fs_id(status, "Gid");
	if (fs_id(status, "Uid") != caller->uid || fs_id(status, "Gid") != caller->gid)
		return 0;
	err = groups_parse(status, &caller->groups);
	caller->caps = err ? 0 : caps_parse(status, head->pid);
	return err;
}

int caller_read(const struct fuse_in_header *head, struct identity *caller)
{
	int err;

	caller->uid = head->uid;
	caller->gid = head->gid;
	caller->caps = 0;
	caller->groups.n = 0;
	err = complete(head, caller);
	if (caller->uid == NO_ID)
		caller->uid = NOBODY;
	if (caller->gid == NO_ID)
		caller->gid = NOBODY;
	return err;
}

uint32_t caller_user(const struct fuse_in_header *head)
{
	const char *status = status_of(head->pid);

	return status ? fs_id(status, "Uid") : NO_ID;
}

static bool has_sigkill(const char *status, const char *name)
{
	const char *at = field(status, name);

	return at && strtoull(at, NULL, 16) & 1ULL << (SIGKILL - 1);
}

bool caller_is_killed(const struct fuse_in_header *head)
{
	const char *status = status_of(head->pid);

	return status && (has_sigkill(status, "SigPnd") || has_sigkill(status, "ShdPnd"));
}

bool creds_caller_is_near(fuse_req_t req)
{
	return proc_fd >= 0 && fuse_req_ctx(req)->pid && in_own_namespace(fuse_req_ctx(req)->pid);
}

/* Numbers of tasks are those of the mount's pid namespace, so /proc must be of the same. */
static int proc_open(void)
{
	char self[16] = "";
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && readlinkat(fd, "self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid())
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void caller_init(void)
{
	struct stat st;

	proc_fd = proc_open();
	if (proc_fd >= 0 && !fstatat(proc_fd, "self/ns/user", &st, 0)) {
		own_ns_dev = st.st_dev;
		own_ns_ino = st.st_ino;
		return;
	}
	log_warning("mirror of %s: /proc does not show this process, so no caller has groups or capabilities here",
		    mirror.source);
	if (proc_fd >= 0)
		close(proc_fd);
	proc_fd = -1;
}
