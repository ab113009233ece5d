// SPDX-License-Identifier: GPL-2.0-only
/*
 * The objects that a step of steps.h is about: what they are before it and after it.  Nothing moves a time within the tick
 * in which it last moved: before each step the clock has gone on.
 */
#include <stdint.h>
#include <time.h>

#include "matrix.h"
#include "steps_i.h"

#define WATCHED_MAX	16
#define OBJECTS_MAX	4096

/*
 * Objects have numbers in the order in which they are seen; one that got the inode of another is born later.  Each is kept
 * as it was last seen, under whatever name.
 */
static struct statx objects[OBJECTS_MAX];
static unsigned int nobjects;

static bool is_other(const struct statx_timestamp *a, const struct statx_timestamp *b)
{
	return a->tv_sec != b->tv_sec || a->tv_nsec != b->tv_nsec;
}

static unsigned int object_number(const struct statx *st)
{
	unsigned int i;

	for (i = 0; i < nobjects; i++)
		if (objects[i].stx_ino == st->stx_ino && !is_other(&objects[i].stx_btime, &st->stx_btime))
			return i;
	CHECK(nobjects < OBJECTS_MAX, "too many objects");
	objects[nobjects] = *st;
	return nobjects++;
}

/* An object that a step is about: a path, or a descriptor. */
struct watched {
	const char *name;
	char path[STEP_PATH];
	int fd;
};

static struct watched watched[WATCHED_MAX];
static unsigned int nwatched;

/* Of what is not there, all is 0. */
static void look(const struct watched *w, struct statx *st)
{
	const unsigned int mask = STATX_BASIC_STATS | STATX_BTIME;

	memset(st, 0, sizeof(*st));
	if (w->fd >= 0 ? statx(w->fd, "", AT_EMPTY_PATH, mask, st) : statx(AT_FDCWD, w->path, AT_SYMLINK_NOFOLLOW, mask, st))
		memset(st, 0, sizeof(*st));
}

static void watch(const char *name, const char *path, int fd)
{
	struct watched *w = &watched[nwatched];
	unsigned int i;

	for (i = 0; i < nwatched; i++)
		if (watched[i].fd == fd && (fd >= 0 || !strcmp(watched[i].path, path)))
			return;
	CHECK(nwatched < WATCHED_MAX, "too many objects in a step");
	nwatched++;
	w->name = name;
	w->fd = fd;
	strcpy(w->path, path);
}

void watch_fd(const char *name, int fd)
{
	watch(name, "", fd);
}

/* A slash at the end would be of what a link leads to.  What is elsewhere is no matter of the case. */
void watch_path(const char *name, const char *dir, const char *path)
{
	char full[2 * STEP_PATH], *slash;
	size_t len;

	if (!*path || *path == '/')
		return;
	snprintf(full, sizeof(full), "%s%s%s", dir, *dir ? "/" : "", path);
	for (len = strlen(full); len > 1 && full[len - 1] == '/';)
		full[--len] = '\0';
	CHECK(len < STEP_PATH, "a path of %zu", len);
	watch(name, full, -1);
	slash = strrchr(full, '/');
	if (slash)
		*slash = '\0';
	watch("in", slash ? full : ".", -1);
}

static bool is_later(const struct statx_timestamp *t, const struct timespec *now)
{
	if (t->tv_sec != now->tv_sec)
		return t->tv_sec > now->tv_sec;
	return t->tv_nsec >= now->tv_nsec;
}

/* Until the kernel's clock has passed @t, but not into a future that somebody has set. */
static void wait_past(const struct statx_timestamp *t)
{
	const struct timespec tick = { 0, 1000000 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (t->tv_sec <= now.tv_sec + 1 && is_later(t, &now)) {
		nanosleep(&tick, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	}
}

static void look_before(const struct watched *w)
{
	struct statx st;

	look(w, &st);
	if (!st.stx_mode)
		return;
	objects[object_number(&st)] = st;
	wait_past(&st.stx_atime);
	wait_past(&st.stx_mtime);
	wait_past(&st.stx_ctime);
}

/* Number, device, and what moved since the object was last seen; the times themselves are for add_below(). */
static void add_statx(char *buf, size_t room, const struct statx *st)
{
	unsigned int number = object_number(st);
	const struct statx *old = &objects[number];

	matrix_add(buf, room, " #%u", number);
	if (S_ISCHR(st->stx_mode) || S_ISBLK(st->stx_mode))
		matrix_add(buf, room, " dev %u:%u", st->stx_rdev_major, st->stx_rdev_minor);
	if (is_other(&st->stx_mtime, &old->stx_mtime))
		matrix_add(buf, room, " +m");
	if (is_other(&st->stx_ctime, &old->stx_ctime))
		matrix_add(buf, room, " +c");
	if (is_other(&st->stx_atime, &old->stx_atime))
		matrix_add(buf, room, " +a");
}

/* What does not differ between the mount and the directory below. */
static void add_below(char *buf, size_t room, const struct watched *w, const char *state, const struct statx *st)
{
	int top = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char real[1024];
	struct statx below;

	CHECK(top >= 0 && !chdir(compare_below), "the directory below");
	matrix_state(real, sizeof(real), w->path);
	look(w, &below);
	CHECK(!fchdir(top), "the directory of the steps");
	close(top);
	if (strcmp(real, state))
		matrix_add(buf, room, " BELOW: %s", real);
	if (st->stx_ino != below.stx_ino)
		matrix_add(buf, room, " BELOW: another inode");
	if (is_other(&st->stx_mtime, &below.stx_mtime) || is_other(&st->stx_ctime, &below.stx_ctime) ||
	    is_other(&st->stx_atime, &below.stx_atime) || is_other(&st->stx_btime, &below.stx_btime))
		matrix_add(buf, room, " BELOW: other times");
}

static void look_after(char *buf, size_t room, const struct watched *w)
{
	char state[1024];
	struct statx st;

	look(w, &st);
	matrix_add(buf, room, " [%s: ", w->name);
	if (w->fd >= 0) {
		matrix_add(buf, room, "%o %u:%u links %u size %lu", st.stx_mode, st.stx_uid, st.stx_gid, st.stx_nlink,
		    S_ISDIR(st.stx_mode) ? 0 : (long)st.stx_size);
	} else {
		matrix_state(state, sizeof(state), w->path);
		matrix_add(buf, room, "%s", state);
	}
	if (st.stx_mode)
		add_statx(buf, room, &st);
	if (w->fd < 0)
		add_below(buf, room, w, state, &st);
	matrix_add(buf, room, "]");
}

void watch_begin(void)
{
	nwatched = 0;
}

void watch_forget(void)
{
	nobjects = 0;
}

/* Twice: a look that goes through a link moves the time of its reading, and may do so again a tick later. */
void watch_before(void)
{
	unsigned int i;

	for (i = 0; i < 2 * nwatched; i++)
		look_before(&watched[i % nwatched]);
}

void watch_after(char *buf, size_t room)
{
	unsigned int i;

	for (i = 0; i < nwatched; i++)
		look_after(buf, room, &watched[i]);
}
