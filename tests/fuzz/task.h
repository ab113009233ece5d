/* SPDX-License-Identifier: GPL-2.0-only */
/* A task that does what programs do with a file system: what its operations share. */
#ifndef FUZZ_TASK_H
#define FUZZ_TASK_H

#include "fuzz.h"

#define TASK_FDS	8
#define TASK_ROOM	(256 * 1024)

struct task {
	struct rng r;
	int fds[TASK_FDS];
	char paths[4][1024];
	unsigned int next_path;
	char *buf;			/* TASK_ROOM bytes, of whole pages */
	bool only_below;
};

/* Its name, and what it does; true: it did not fail. */
struct task_op {
	const char *name;
	bool (*call)(struct task *t);
};

extern const struct task_op task_names[], task_meta[], task_data[], task_maps[];

/* One of few names, so that tasks meet; at most four of them are good at the same time. */
const char *task_path(struct task *t);
void task_maps_catch(void);		/* once: a SIGBUS is no end */
int task_fd(struct task *t);		/* an open file, or -1 */
bool task_keep(struct task *t, int fd);	/* in the place of another */

/* Mostly inside of a small file, and at times at the edge of what there can be. */
static inline int64_t task_offset(struct task *t)
{
	return rng_one_in(&t->r, 8) ? (int64_t)rng_odd(&t->r) : (int64_t)rng_below(&t->r, 24000);
}

static inline size_t task_size(struct task *t)
{
	return rng_one_in(&t->r, 8) ? rng_below(&t->r, TASK_ROOM) : rng_below(&t->r, 9000);
}

#endif
