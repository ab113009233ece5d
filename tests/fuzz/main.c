// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer of the whole: fuzz SEED OPERATIONS [FIRST-ROUND [ROUNDS]]. It ends with 1 when something was found: a task that
 * does not end, a mount or a file system below that stays busy, a module that cannot be unloaded. What the kernel says is
 * found by the harness. The last lines tell what was done.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "case.h"
#include "fuzz.h"

struct fuzz_shared *fuzz;
struct fuzz_config config;

static const char * const parts[] = { "evil", "notify", "objects", "programs", "ioctls", "mounts", "death", "below", "overlay", "late" };

void fuzz_nap(unsigned int us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000L };

	nanosleep(&t, NULL);
}

static unsigned int wanted_parts(void)
{
	const char *without = getenv("FUZZ_WITHOUT") ?: "";
	unsigned int i, wanted = 0;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!strstr(without, parts[i]))
			wanted |= 1 << i;
	}
	return wanted;
}

static void draw_config(uint64_t seed, unsigned int round)
{
	static const unsigned int evils[] = { 2, 4, 8, 16, 64, 512 };
	struct rng r = rng_of(seed, ROLE_CONFIG, round);

	config.seed = rng_next(&r);
	config.parts = wanted_parts();
	config.evil = RNG_PICK(&r, evils);
	config.late = rng_one_in(&r, 2) ? 0 : 4 + rng_below(&r, 60);
	config.never = rng_one_in(&r, 6);
	config.tree = rng_below(&r, 2);
	config.permissions = config.tree || rng_below(&r, 2);
	config.tmpfs = rng_below(&r, 2);
	config.upper = rng_one_in(&r, 4);
	config.stack_depth = rng_one_in(&r, 8) ? rng_below(&r, 4) : 1;
	config.ops = 50 + rng_below(&r, 400);
	config.die_after = rng_one_in(&r, 3) ? 1 + rng_below(&r, config.ops * FUZZ_TASKS) : 0;
	config.end = rng_below(&r, END_COUNT);
	config.folds = rng_below(&r, 2);
	if (!has_part(PART_EVIL))
		config.evil = 0;
	if (!has_part(PART_LATE))
		config.late = config.never = 0;
	if (!has_part(PART_DEATH))
		config.die_after = 0;
}

uint64_t fuzz_operations(void)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < FUZZ_TASKS; i++)
		n += fuzz->task[i].ops;
	return n;
}

void fuzz_pace(struct rng *r, unsigned int n)
{
	static __thread uint64_t steps, begun;
	unsigned int naps;

	if (!begun)
		begun = fuzz_operations() + 1;
	for (naps = 0; steps > (fuzz_operations() - begun + 1) * n && naps < 10 && !fuzz->over; naps++)
		fuzz_nap(1000 + rng_below(r, 1000));
	steps++;
}

/* So that a report of the kernel can be seen to be of a round. */
static void tell_kernel(uint64_t seed, unsigned int round)
{
	FILE *f = fopen("/dev/kmsg", "we");

	if (!f)
		return;
	fprintf(f, "fuzz: seed %llu round %u\n", (unsigned long long)seed, round);
	fclose(f);
}

static void tell(uint64_t seed, unsigned int rounds, time_t begun)
{
	uint64_t good = 0;
	unsigned int i;

	for (i = 0; i < FUZZ_TASKS; i++)
		good += fuzz->task[i].good;
	printf("seed %llu: %u rounds, %llu operations (%llu did not fail), %llu replies (%llu hostile), %llu notifications, %llu objects, %llu of programs, %llu ioctls, %llu mounts, %ld s\n",
	       (unsigned long long)seed, rounds, (unsigned long long)fuzz_operations(), (unsigned long long)good,
	       (unsigned long long)fuzz->replies, (unsigned long long)fuzz->evil,
	       (unsigned long long)fuzz->notifications, (unsigned long long)fuzz->objects,
	       (unsigned long long)fuzz->programs, (unsigned long long)fuzz->ioctls, (unsigned long long)fuzz->mounts,
	       (long)(time(NULL) - begun));
}

/* With no mount left and no program loaded nothing may hold the module. */
static bool unload(void)
{
	unsigned int tries;

	for (tries = 0; tries < 20; tries++) {
		if (!system("rmmod extfuse 2>/dev/null"))
			return !system("modprobe extfuse");
		fuzz_nap(250000);
	}
	system("lsmod | grep extfuse");
	return false;
}

int main(int argc, char **argv)
{
	uint64_t seed, ops;
	unsigned int first = 0, round, end = ~0U, rounds;
	time_t begun = time(NULL);
	bool good = true;

	CHECK(argc >= 3, "fuzz SEED OPERATIONS [FIRST-ROUND [ROUNDS]]");
	seed = strtoull(argv[1], NULL, 0);
	ops = strtoull(argv[2], NULL, 0);
	if (argc > 3)
		first = atoi(argv[3]);
	if (argc > 4)
		end = first + atoi(argv[4]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(0);
	signal(SIGPIPE, SIG_IGN);
	CHECK(!mkdir(FUZZ_DIR, 0755) && !chdir(FUZZ_DIR), "a place");
	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fuzz != MAP_FAILED, "memory for all");
	/* Whoever breaks a lease waits for its holder, which does not care. */
	system("echo 1 >/proc/sys/fs/lease-break-time");
	system("modprobe extfuse; mount -t extfusectl none /sys/fs/extfuse/connections 2>/dev/null");
	programs_load();
	for (round = first, rounds = 0; good && round != end && fuzz_operations() < ops; round++, rounds++) {
		draw_config(seed, getenv("FUZZ_SAME") ? first : round);
		tell_kernel(seed, round);
		good = round_run(round);
	}
	programs_free();
	umount2("/sys/fs/extfuse/connections", 0);
	if (good && !unload()) {
		printf("FOUND: something holds the module\n");
		good = false;
	}
	tell(seed, rounds, begun);
	if (!good)
		printf("again: tests/fuzz/run %llu %llu KERNEL %u 1\n", (unsigned long long)seed, (unsigned long long)ops, round - 1);
	return !good;
}
