/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An act is done in a directory of a mirror with each of its allocations failing in turn. What must be: it fails with
 * an error that says so, or does what it does on the file system below; what is seen through the mount is what is below;
 * and afterwards the same act does what it does below.
 *
 * Each time has a directory of its own, which nobody has looked at through the mount. ONLY=NAME: only that act;
 * VERBOSE=1 says each time's result.
 */
#ifndef ACTS_H
#define ACTS_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "mapped.h"
#include "nth.h"

#define LOW	"low"		/* a file system of its own, which may say what it likes about faults */
#define MNT	"mnt"
#define ACTS_TIME	1700000000	/* which is seen where a file has it */
#define ACTS_MAX	400	/* faults of one act */

struct act {
	const char *name;
	void (*prepare)(void);	/* the working directory is the act's, below */
	long (*act)(void);	/* there, below or through the mount: a number, or minus errno */
};

static unsigned int acts_dir, acts_faults, acts_failed;
static const char *acts_where = "";	/* what the mount was made with */
static bool acts_is_tree;

/* Minus errno ends the act, as its result. */
#define TRY(expr) ({				\
	long try_ret = (expr);			\
						\
	if (try_ret < 0)			\
		return -errno;			\
	try_ret;				\
})

static inline void acts_go(const char *side)
{
	char path[128];
	static int home = -1;

	if (home < 0)
		home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(!fchdir(home), "home");
	if (!side)
		return;
	snprintf(path, sizeof(path), "%s/%u", side, acts_dir);
	CHECK(!chdir(path), "%s", path);
}

static inline unsigned int acts_sum(const char *name)
{
	char buf[4096];
	unsigned int sum = 0;
	ssize_t n, i;
	int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	CHECK(fd >= 0, "%s", name);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)buf[i];
	}
	CHECK(!n, "reading %s", name);
	close(fd);
	return sum;
}

static int acts_not_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* All that the working directory has, as text. */
static inline void acts_view(char *text, size_t room)
{
	struct dirent **list;
	struct stat st;
	size_t at = 0;
	int i, n = scandir(".", &list, acts_not_dot, alphasort);

	CHECK(n >= 0, "a listing");
	for (i = 0; i < n; i++) {
		CHECK(!lstat(list[i]->d_name, &st), "%s is listed", list[i]->d_name);
		at += snprintf(text + at, room - at, "%s %o %ld links %ld by %d:%d%s sum %x\n", list[i]->d_name, st.st_mode,
			       S_ISDIR(st.st_mode) ? 0 : (long)st.st_size, (long)st.st_nlink, (int)st.st_uid, (int)st.st_gid,
			       st.st_mtime == ACTS_TIME ? " old" : "", S_ISREG(st.st_mode) ? acts_sum(list[i]->d_name) : 0);
		CHECK(at < room, "room");
		free(list[i]);
	}
	text[at] = '\0';
	free(list);
}

static inline void acts_prepare(const struct act *act)
{
	char path[128];

	acts_go(NULL);
	acts_dir++;
	snprintf(path, sizeof(path), LOW "/%u", acts_dir);
	CHECK(!mkdir(path, 0755), "%s", path);
	acts_go(LOW);
	if (act->prepare)
		act->prepare();
}

/* By hand: a program for each would be most of the time. */
static inline void acts_remove(void)
{
	struct dirent **list;
	char path[128];
	int i, n;

	acts_go(LOW);
	n = scandir(".", &list, acts_not_dot, NULL);
	CHECK(n >= 0, "a listing");
	for (i = 0; i < n; i++) {
		CHECK(!unlink(list[i]->d_name) || !rmdir(list[i]->d_name), "%s", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	acts_go(NULL);
	snprintf(path, sizeof(path), LOW "/%u", acts_dir);
	CHECK(!rmdir(path), "%s", path);
}

static inline bool acts_may_say(long result)
{
	return result == -ENOMEM || (result == -EFAULT && nth_is_built_in());
}

struct act_views {
	char before[4096], after[4096], below[4096], seen[4096];
	long want;
};

static inline void acts_compare(const struct act *act, struct act_views *views, unsigned int n, long got)
{
	acts_go(LOW);
	acts_view(views->below, sizeof(views->below));
	acts_go(MNT);
	acts_view(views->seen, sizeof(views->seen));
	CHECK(!strcmp(views->below, views->seen), "%s: %s, fault %u (%ld): below there is\n%sthrough the mount\n%s", acts_where,
	      act->name, n, got, views->below, views->seen);
	if (got == views->want)
		CHECK(!strcmp(views->below, views->after), "%s: %s, fault %u: it succeeded, and there is\n%sinstead of\n%s",
		      acts_where, act->name, n, views->below, views->after);
	else
		CHECK(!strcmp(views->below, views->before) || !strcmp(views->below, views->after),
		      "%s: %s, fault %u (%ld): neither what there was nor what there is to be:\n%sbefore\n%safter\n%s",
		      acts_where, act->name, n, got, views->below, views->before, views->after);
}

/* Once more in the same place where nothing was done, and once in a new one. */
static inline void acts_again(const struct act *act, const struct act_views *views, unsigned int n)
{
	long got;

	acts_remove();
	acts_prepare(act);
	acts_go(MNT);
	got = act->act();
	CHECK(got == views->want, "%s: %s, after fault %u: %ld instead of %ld", acts_where, act->name, n, got, views->want);
}

/* Is there an N-th one? */
static inline bool acts_once(const struct act *act, struct act_views *views, unsigned int n)
{
	bool fired;
	long got;

	acts_prepare(act);
	acts_go(NULL);
	acts_go(MNT);
	nth_arm(n);
	got = act->act();
	fired = nth_fired();
	if (getenv("VERBOSE"))
		printf("%s: %s %u: %ld%s\n", acts_where, act->name, n, got, fired ? "" : ", none");
	CHECK(got == views->want || (fired && acts_may_say(got)), "%s: %s, fault %u: %ld instead of %ld", acts_where, act->name,
	      n, got, views->want);
	acts_compare(act, views, n, got);
	acts_failed += got != views->want;
	if (fired)
		acts_again(act, views, n);
	acts_remove();
	return fired;
}

/* A tree says what the file system below says; a daemon that is asked may not know all that one does. */
static inline void acts_ask_daemon(const struct act *act, struct act_views *views)
{
	if (acts_is_tree)
		return;
	acts_prepare(act);
	acts_go(MNT);
	views->want = act->act();
	acts_remove();
}

static inline void acts_do(const struct act *act)
{
	static struct act_views views;
	unsigned int n;

	acts_prepare(act);
	acts_view(views.before, sizeof(views.before));
	views.want = act->act();
	acts_go(LOW);
	acts_view(views.after, sizeof(views.after));
	acts_remove();
	acts_ask_daemon(act, &views);
	for (n = 1; acts_once(act, &views, n); n++)
		CHECK(n < ACTS_MAX, "%s has no end", act->name);
	acts_faults += n - 1;
	printf("%s: %s: %ld, %u faults\n", acts_where, act->name, views.want, n - 1);
}

/* The file system below, in a file: nothing that fails there hurts another case. */
static inline void acts_low(void)
{
	CHECK(!mkdir(LOW, 0755) && !mkdir(MNT, 0755), "directories");
	CHECK(!system("modprobe loop && truncate -s 64M image && mkfs.ext4 -q image && mount -o loop image " LOW), "a file system");
	mapped_catch();
}

static inline void acts_mount(const char *options)
{
	char command[256];

	acts_where = options;
	acts_is_tree = strcmp(options, "ext=metacache") && strcmp(options, "ext=none");
	snprintf(command, sizeof(command), "mount -t extfuse -o %s $PWD/" LOW " $PWD/" MNT, options);
	CHECK(!system(command), "%s", command);
}

static inline void acts_umount(void)
{
	acts_go(NULL);
	CHECK(!system("umount $PWD/" MNT), "umount");
}

/* All of them on a mount with these options; with ONLY=NAME the one of that name. */
static inline void acts_with(const char *options, const struct act *acts, unsigned int n)
{
	const char *only = getenv("ONLY");

	acts_mount(options);
	for (; n--; acts++) {
		if (!only || !strcmp(only, acts->name))
			acts_do(acts);
	}
	acts_umount();
}

static inline void acts_end(void)
{
	CHECK(!system("umount " LOW), "nothing may hold what is below");
	printf("%u faults, %u of them failed an act\n", acts_faults, acts_failed);
	CHECK(acts_faults && acts_failed, "there must be faults");
}

/* All of them on mounts of each kind; without LONG=1 on the first @few kinds. */
static inline void acts_all(const struct act *acts, unsigned int n, unsigned int few)
{
	static const char *const mounts[] = { "ext=passthrough", "ext=hide", "ext=metacache", "ext=none" };
	unsigned int i, kinds = getenv("LONG") ? sizeof(mounts) / sizeof(mounts[0]) : few;

	acts_low();
	nth_start();
	for (i = 0; i < kinds; i++)
		acts_with(mounts[i], acts, n);
	acts_end();
}

#endif
