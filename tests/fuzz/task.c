// SPDX-License-Identifier: GPL-2.0-only
/* The tasks of a round: which operation on what. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "case.h"
#include "task.h"

#define DEAD	20	/* so many say that nobody serves the mount */

static const struct task_op *const groups[] = { task_names, task_meta, task_data, task_maps };

const char *task_path(struct task *t)
{
	static const char * const tops[] = { "mnt", "mnt", "mnt", "mnt", "bind", "ovl", "below" };
	static const char * const names[] = { "a", "a", "a", "b", "b", "c", "c", "d", "e", "f", "new", "up1", "up2", "secret", "secret2",
					     "A", "C", "SECRET", "\305\277ecret", ".", "..", "" };
	char *path = t->paths[t->next_path++ % 4];
	unsigned int depth = rng_one_in(&t->r, 12) ? rng_below(&t->r, 4) : 1 + rng_below(&t->r, 2), i;
	size_t at = sprintf(path, "%s", t->only_below ? "below" : RNG_PICK(&t->r, tops));

	for (i = 0; i < depth; i++)
		at += sprintf(path + at, "/%s", RNG_PICK(&t->r, names));
	if (rng_one_in(&t->r, 60)) {
		path[at++] = '/';
		i = 200 + rng_below(&t->r, 100);
		memset(path + at, 'x', i);
		path[at + i] = '\0';
	}
	return path;
}

int task_fd(struct task *t)
{
	int *fd = &t->fds[rng_below(&t->r, TASK_FDS)];

	if (*fd < 0)
		*fd = open(task_path(t), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
	return *fd;
}

bool task_keep(struct task *t, int fd)
{
	unsigned int i = rng_below(&t->r, TASK_FDS);

	if (fd < 0)
		return false;
	if (t->fds[i] >= 0)
		close(t->fds[i]);
	t->fds[i] = fd;
	return true;
}

static const struct task_op *draw_op(struct rng *r)
{
	const struct task_op *group = RNG_PICK(r, groups);
	unsigned int n = 0;

	while (group[n].name)
		n++;
	return &group[rng_below(r, n)];
}

/* A signal that comes at any time, so that requests are interrupted. */
static void on_alarm(int sig)
{
	(void)sig;
}

static void draw_alarm(struct rng *r)
{
	ualarm(1 + rng_below(r, 20000), 0);
}

void task_main(unsigned int number, uid_t uid)
{
	struct task t = { .r = rng_of(config.seed, ROLE_TASK, number), .only_below = number >= FUZZ_TASKS };
	struct sigaction act = { .sa_handler = on_alarm };
	struct fuzz_task spare = {}, *me = t.only_below ? &spare : &fuzz->task[number];
	const struct task_op *op;
	unsigned int i, dead = 0;

	sigaction(SIGALRM, &act, NULL);
	signal(SIGIO, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	task_maps_catch();
	for (i = 0; i < TASK_FDS; i++)
		t.fds[i] = -1;
	t.buf = mmap(NULL, TASK_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t.buf == MAP_FAILED || (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))))
		_exit(1);
	for (i = 0; (i < config.ops || t.only_below) && dead < DEAD && !fuzz->over; i++) {
		op = draw_op(&t.r);
		me->now = op->name;
		if (rng_one_in(&t.r, 20))
			draw_alarm(&t.r);
		errno = 0;
		if (op->call(&t)) {
			me->good++;
			dead = 0;
		} else {
			dead += errno == ENOTCONN || errno == ECONNABORTED;
		}
		me->ops++;
		if (t.only_below)
			fuzz_nap(rng_below(&t.r, 10000));
	}
	me->now = "exit";
	_exit(0);
}
