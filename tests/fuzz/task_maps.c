// SPDX-License-Identifier: GPL-2.0-only
/* Operations on mappings: each is made, used and taken down, or left behind by a child. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mapped.h"
#include "task.h"

#define LENGTH	(5 * 4096)

void task_maps_catch(void)
{
	mapped_catch();
}

static char *map(struct task *t, int protection, int flags)
{
	char *at = mmap(NULL, LENGTH, protection, flags, task_fd(t), 4096 * rng_below(&t->r, 3));

	return at == MAP_FAILED ? NULL : at;
}

static bool op_map_read(struct task *t)
{
	char *at = map(t, PROT_READ, rng_below(&t->r, 2) ? MAP_SHARED : MAP_PRIVATE);
	bool good;

	if (!at)
		return false;
	good = peek(at + rng_below(&t->r, LENGTH)) >= 0;
	/* MADV_POPULATE_READ and _WRITE (22, 23) are left out: where a page cannot be read 6.1 loops in them, deaf to SIGKILL. */
	if (rng_one_in(&t->r, 3))
		madvise(at, LENGTH, rng_below(&t->r, 22));
	good &= peek(at) >= 0;
	munmap(at, LENGTH);
	return good;
}

static bool op_map_write(struct task *t)
{
	char *at = map(t, PROT_READ | PROT_WRITE, rng_below(&t->r, 4) ? MAP_SHARED : MAP_PRIVATE);
	static const int syncs[] = { MS_SYNC, MS_ASYNC, MS_INVALIDATE, MS_SYNC | MS_INVALIDATE };
	bool good;

	if (!at)
		return false;
	good = !poke(at + rng_below(&t->r, 4096), 'm', 1 + rng_below(&t->r, LENGTH - 4096));
	if (rng_below(&t->r, 2))
		good &= !msync(at, LENGTH, RNG_PICK(&t->r, syncs));
	munmap(at, LENGTH);
	return good;
}

/* What is written comes from a mapping of a file, maybe of the same. */
static bool op_map_from(struct task *t)
{
	char *at = map(t, PROT_READ | PROT_WRITE, MAP_SHARED);
	bool good;

	if (!at)
		return false;
	if (rng_below(&t->r, 2))
		good = pwrite(task_fd(t), at, rng_below(&t->r, LENGTH), rng_below(&t->r, 9000)) >= 0;
	else
		good = pread(task_fd(t), at, rng_below(&t->r, LENGTH), rng_below(&t->r, 9000)) >= 0;
	munmap(at, LENGTH);
	return good;
}

/* A process with our files and mappings, which goes at any moment. */
static bool op_child(struct task *t)
{
	char *at = map(t, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t pid = fork();

	if (!pid) {
		if (at)
			poke(at, 'c', LENGTH);
		_exit(pwrite(task_fd(t), t->buf, task_size(t), 0) < 0);
	}
	if (at)
		munmap(at, LENGTH);
	if (pid < 0)
		return false;
	if (rng_below(&t->r, 2))
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}

const struct task_op task_maps[] = {
	{ "mmap and look", op_map_read }, { "mmap and store", op_map_write }, { "mmap and store", op_map_write },
	{ "mmap and write", op_map_from }, { "fork", op_child }, {},
};
