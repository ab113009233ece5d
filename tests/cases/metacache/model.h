/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For metacache/model: what a read may return. A cell is a piece of a file system whose value tells which change made
 * it: version n is what the n-th change left. Each change says when it began, when it was over, and who made it. From
 * that follows the oldest version that a read may still return which began at a given time.
 */
#ifndef METACACHE_MODEL_H
#define METACACHE_MODEL_H

#include <time.h>

#include "opens.h"

enum kind { DATA, OWNER, SIZE, XATTR, TARGET, NAME, REPLACED, LISTING, KINDS };

static const char *const kind_names[] = {
	"data", "owner", "size", "extended attribute", "symbolic link", "name", "file under a name", "listing",
};

/* Who makes a change: a task on the mount; the daemon, which tells the kernel; somebody else, of whom nobody tells. */
enum how { BY_MOUNT, TOLD, BEHIND };

struct change {
	uint64_t done;		/* ns; NOT_YET while it is under way */
	enum how how;
};

#define NOT_YET		UINT64_MAX
#define CHANGES		16384	/* of a cell, at most */

struct cell {
	enum kind kind;
	unsigned int dir;	/* of "/dN", in which it is */
	pthread_mutex_t lock;	/* one change at a time */
	uint64_t last;		/* the newest version, which may still be under way */
	struct raw_node *node;	/* of those that are one node for ever; the daemon's */
	struct change change[CHANGES];	/* by version; version 0 was there before all */
};

/* How old what a read returns may be, of changes that nobody tells of. */
struct promise {
	uint64_t found[KINDS];	/* ns: of who says a path */
	uint64_t opened[KINDS];	/* ns: of who opens what the path leads to, and looks at that */
};

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * RAW_SEC + t.tv_nsec;
}

/* One change at a time; false: another one is under way, or there is no room for more. */
static inline bool change_take(struct cell *cell)
{
	if (pthread_mutex_trylock(&cell->lock))
		return false;
	if (cell->last + 1 < CHANGES)
		return true;
	pthread_mutex_unlock(&cell->lock);
	return false;
}

/* The change is under way: its version. */
static inline uint64_t change_begin(struct cell *cell, enum how how)
{
	uint64_t v = cell->last + 1;

	cell->change[v].how = how;
	__atomic_store_n(&cell->change[v].done, NOT_YET, __ATOMIC_SEQ_CST);
	__atomic_store_n(&cell->last, v, __ATOMIC_SEQ_CST);
	return v;
}

static inline void change_end(struct cell *cell, bool done)
{
	if (done)
		__atomic_store_n(&cell->change[cell->last].done, now_ns(), __ATOMIC_SEQ_CST);
	else
		__atomic_sub_fetch(&cell->last, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&cell->lock);
}

/* The oldest version that a read may return which began at @began. */
static inline uint64_t oldest(const struct cell *cell, uint64_t began, uint64_t behind_ns)
{
	uint64_t v, done;

	for (v = __atomic_load_n(&cell->last, __ATOMIC_SEQ_CST); v; v--) {
		done = __atomic_load_n(&cell->change[v].done, __ATOMIC_SEQ_CST);
		if (done == NOT_YET)
			continue;
		if (cell->change[v].how == BEHIND)
			done += behind_ns;
		if (done < began)
			break;
	}
	return v;
}

#endif
