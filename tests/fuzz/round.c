// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round of the fuzzer: its processes, the watch over them, and its end. A task that waits for a reply that never comes
 * is no finding, but when the connection was aborted all must come to their end.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "fuzz.h"

#define ALICE		1000
#define STEP_US		20000
#define STALL_STEPS	(60U * case_slow())	/* nobody gets on: a reply does not come */
#define ALONE_STEPS	(200U * case_slow())	/* one does not get on */
#define END_STEPS	(3000U * case_slow())	/* a minute and more for what must come */

enum { DAEMON, ARRANGER, ROOTS, ANYBODYS, FIRST_TASK, BELOW = FIRST_TASK + FUZZ_TASKS, PROCESSES };

static const char * const roles[PROCESSES] = {
	[DAEMON] = "the daemon", [ARRANGER] = "the arranger", [ROOTS] = "root's control",
	[ANYBODYS] = "alice's control",
};

static pid_t pids[PROCESSES];

static pid_t start(unsigned int role)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "a process");
	if (pid)
		return pid;
	switch (role) {
	case DAEMON:
		daemon_main();
	case ARRANGER:
		world_arrange();
		_exit(0);
	case ROOTS:
		control_main(0);
	case ANYBODYS:
		control_main(ALICE);
	default:
		task_main(role - FIRST_TASK, role % 2 ? ALICE : 0);
	}
}

/* Takes those that have ended; how many of the tasks are left? */
static unsigned int reap(void)
{
	unsigned int i, left = 0;

	for (i = 0; i < PROCESSES; i++) {
		if (pids[i] && waitpid(pids[i], NULL, WNOHANG) == pids[i])
			pids[i] = 0;
		left += pids[i] && i >= FIRST_TASK && i < BELOW;
	}
	return left;
}

static void end_process(unsigned int role)
{
	if (pids[role])
		kill(pids[role], SIGKILL);
}

static uint64_t done(uint64_t *each)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < FUZZ_TASKS; i++) {
		each[i] = fuzz->task[i].ops;
		n += each[i];
	}
	return n;
}

/* Has a task that is still there done nothing for long, or all of them for some time? */
static bool stalls(unsigned int *still)
{
	static uint64_t before[FUZZ_TASKS];
	uint64_t each[FUZZ_TASKS];
	unsigned int i, waiting = 0, left = 0;
	bool alone = false;

	done(each);
	for (i = 0; i < FUZZ_TASKS; i++) {
		if (!pids[FIRST_TASK + i])
			continue;
		left++;
		still[i] = each[i] == before[i] ? still[i] + 1 : 0;
		before[i] = each[i];
		waiting += still[i] > STALL_STEPS;
		alone |= still[i] > ALONE_STEPS;
	}
	return alone || (left && waiting == left);
}

static void show(const char *what, pid_t pid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		printf("    %s", line);
	if (f)
		fclose(f);
}

static void show_left(void)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++) {
		if (!pids[i])
			continue;
		printf("  %s: %s\n", roles[i] ?: "a task", i >= FIRST_TASK && i < BELOW ? fuzz->task[i - FIRST_TASK].now : "");
		show("stack", pids[i]);
		show("syscall", pids[i]);
	}
}

/* A process that SIGKILL has not ended though nothing is left that it could wait for. */
static bool all_gone(void)
{
	unsigned int i, steps, left = 1;

	for (steps = 0; left && steps < END_STEPS; steps++) {
		reap();
		for (i = left = 0; i < PROCESSES; i++) {
			end_process(i);
			left += !!pids[i];
		}
		if (left)
			fuzz_nap(STEP_US);
	}
	if (left) {
		printf("FOUND: what was killed does not end\n");
		show_left();
	}
	return !left;
}

static bool begin(void)
{
	unsigned int i, steps;

	fuzz->conn = 0;
	fuzz->over = false;
	memset(pids, 0, sizeof(pids));
	world_up();
	pids[DAEMON] = start(DAEMON);
	for (steps = 0; !__atomic_load_n(&fuzz->conn, __ATOMIC_SEQ_CST); steps++) {
		reap();
		if (!pids[DAEMON] || steps > END_STEPS)
			return false;
		fuzz_nap(1000);
	}
	for (i = ARRANGER; i < PROCESSES; i++) {
		if ((i == BELOW && !has_part(PART_BELOW)) || (i == ARRANGER && !has_part(PART_OVERLAY)))
			continue;
		pids[i] = start(i);
	}
	return true;
}

/* While the tasks work: the daemon dies where that is drawn; where nobody gets on, the connection is aborted. */
static bool watch(uint64_t first)
{
	unsigned int still[FUZZ_TASKS] = {}, dead = 0;
	uint64_t each[FUZZ_TASKS];
	bool aborted = false;

	while (reap()) {
		if (config.die_after && done(each) - first >= config.die_after) {
			end_process(DAEMON);
			config.die_after = 0;
		}
		if (!aborted && stalls(still)) {
			aborted = true;
			fuzz->over = true;
			conn_abort(fuzz->conn);
		}
		if (aborted && dead++ > END_STEPS)
			return false;
		fuzz_nap(STEP_US);
	}
	return true;
}

static void finish(void)
{
	fuzz->over = true;
	switch (config.end) {
	case END_UMOUNT:
		/* Nobody may wait for a daemon that does not answer. */
		end_process(BELOW);
		end_process(ARRANGER);
		fuzz_nap(STEP_US);
		umount2("ovl", MNT_DETACH);
		umount2("bind", MNT_DETACH);
		umount2("mnt", MNT_DETACH);
		fuzz_nap(STEP_US);
		break;
	case END_DETACH:
		umount2("mnt", MNT_DETACH | MNT_FORCE);
		break;
	case END_KILL:
		end_process(DAEMON);
		break;
	default:
		break;
	}
	if (fuzz->conn)
		conn_abort(fuzz->conn);
}

static void programs_on(void)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "1", 1) == 1, "programs=1");
	close(fd);
}

bool round_run(unsigned int number)
{
	uint64_t each[FUZZ_TASKS], first = done(each);
	bool good = true, began;

	if (getenv("FUZZ_VERBOSE"))
		printf("round %u: evil %u late %u never %d tree %d permissions %d tmpfs %d folds %d upper %d depth %u ops %u die %u end %d\n",
		       number, config.evil, config.late, config.never, config.tree, config.permissions, config.tmpfs, config.folds,
		       config.upper, config.stack_depth, config.ops, config.die_after, config.end);
	began = begin();
	if (began && !watch(first)) {
		printf("FOUND: tasks go on long after the abort\n");
		show_left();
		good = false;
	}
	finish();
	good = all_gone() && good;
	programs_on();
	good = world_down() && good;
	if (!good)
		printf("in round %u\n", number);
	return good;
}
