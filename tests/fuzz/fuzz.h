/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the fuzzer share. A run is a number of rounds: in each a daemon mounts and serves, tasks work on the
 * mount, on a bind mount and on an overlay of it, others attach, detach and give ioctls what they do not expect; then all
 * of it ends in one of several ways, and nothing may be left. What happens in a round is drawn from the run's seed and
 * the round's number, so that a round can be repeated alone.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rng.h"

#define FUZZ_TASKS	5
#define FUZZ_DIR	"fuzz"		/* the place of all of it, below the working directory */

/* What a generator is for. */
enum fuzz_role { ROLE_CONFIG = 1, ROLE_TASK, ROLE_REPLY, ROLE_NOTIFY, ROLE_OBJECTS, ROLE_LATER, ROLE_CONTROL, ROLE_INIT };

/* What of a round can be left out, to find what a finding needs: FUZZ_WITHOUT=notify,objects */
enum fuzz_part {
	PART_EVIL = 1 << 0,		/* replies */
	PART_NOTIFY = 1 << 1,
	PART_OBJECTS = 1 << 2,
	PART_PROGRAMS = 1 << 3,
	PART_IOCTLS = 1 << 4,
	PART_MOUNTS = 1 << 5,
	PART_DEATH = 1 << 6,
	PART_BELOW = 1 << 7,		/* changes of the file system below */
	PART_OVERLAY = 1 << 8,
	PART_LATE = 1 << 9,
};

enum fuzz_end { END_UMOUNT, END_KILL, END_ABORT, END_DETACH, END_COUNT };

struct fuzz_config {
	uint64_t seed;			/* of this round */
	unsigned int parts;
	unsigned int evil;		/* of so many replies one is hostile */
	unsigned int late;		/* and one late, 0: none */
	bool never;			/* some never come */
	bool tree, permissions, tmpfs, upper, folds;
	unsigned int stack_depth;
	unsigned int ops;		/* of each task */
	unsigned int die_after;		/* operations of all; 0: not before the end */
	enum fuzz_end end;
};

struct fuzz_task {
	pid_t pid;
	uint64_t ops;
	uint64_t good;			/* of these, those that did not fail */
	const char *now;		/* the same in all processes: they are forks of one */
};

/* Shared by all processes. */
struct fuzz_shared {
	uint32_t conn;			/* of the mount; 0: there is none yet */
	bool over;			/* the tasks end as soon as they can */
	struct fuzz_task task[FUZZ_TASKS];
	uint64_t replies, evil, notifications, objects, programs, ioctls, mounts;
};

extern struct fuzz_shared *fuzz;
extern struct fuzz_config config;

static inline bool has_part(enum fuzz_part part)
{
	return config.parts & part;
}

#define fuzz_count(what)	__atomic_add_fetch(&fuzz->what, 1, __ATOMIC_RELAXED)

void fuzz_nap(unsigned int us);
uint64_t fuzz_operations(void);		/* of all tasks */
/* Keeps what goes on beside the tasks in step with them: @n steps for each of their operations, or a slow one where they wait. */
void fuzz_pace(struct rng *r, unsigned int n);

/* round.c: false: something was found, and said */
bool round_run(unsigned int number);

/* world.c */
void world_up(void);
void world_arrange(void);		/* bind mount and overlay: waits for the daemon */
bool world_down(void);			/* false: something is held that nobody uses */

/* daemon.c, task.c, control.c: bodies of processes; they do not return */
_Noreturn void daemon_main(void);
_Noreturn void task_main(unsigned int number, uid_t uid);
_Noreturn void control_main(uid_t uid);

/* programs.c */
void programs_load(void);		/* once, before all rounds */
void programs_free(void);
void programs_rule(struct rng *r);
void programs_step(struct rng *r, int fd, uint32_t conn);
int programs_fd(struct rng *r);		/* a descriptor of a program, or of something else */

/* ioctl.c, mount.c */
void ioctl_step(struct rng *r, int fd);
void mount_step(struct rng *r);
void conn_abort(uint32_t conn);
bool conn_is_there(uint32_t conn);

/* objects.c */
int objects_fd(struct rng *r);		/* of anything; to be closed */

#endif
