// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: whatever tasks read of a tree that others change through the mount, at the daemon, and behind its back, it is no older than strict, actimeo, cto and local each promise
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 * timeout: 300
 * long-timeout: 6000
 *
 * In the guest's environment SEED=N takes another seed, SET=NAME does one of the sets below.
 */
#include <sys/wait.h>

#include "model.h"
#include "model_cells.h"

#define TASKS		5
#define OPERATIONS	1200	/* of each */
#define LIFETIME	(RAW_SEC / 5)
/* A reply waits for a processor before its lifetime begins. */
#define LATE		(LIFETIME + RAW_SEC * case_slow())

struct set {
	const char *name;
	struct extfuse_options opts;
	struct promise promise;
	bool alone;	/* all changes are made by the mount: others the daemon's answers show at once, and the program's later */
	bool broken;	/* the promise is not kept: the model must see that */
};

static const struct set *set;

static struct counters {
	uint64_t reads[KINDS], stale[KINDS], changes[3], replaced;
	pthread_mutex_t replacing;
	bool end;
} *counters;	/* which all processes share */

static uint32_t rnd(uint64_t *rng, uint32_t n)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return (*rng >> 20) % n;
}

static void count(uint64_t *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void too_old(const struct cell *cell, uint64_t got, uint64_t least, uint64_t began, bool opened)
{
	count(&counters->stale[cell->kind]);
	if (set->broken || counters->stale[cell->kind] > 3)
		return;
	fprintf(stderr, "%s: %s of d%u%s: version %llu, where %llu was there %lld us before, made %s\n", set->name,
		kind_names[cell->kind], cell->dir, opened ? ", opened" : "", (long long)got, (long long)least,
		(long long)(began - cell->change[least].done) / 1000,
		cell->change[least].how == BY_MOUNT ? "by the mount" : cell->change[least].how == TOLD ? "at the daemon" : "behind");
}

static void look_at(struct cell *cell, uint64_t *rng)
{
	bool opened = rnd(rng, 2);
	uint64_t began = now_ns(), least, got, last;

	got = cell_read(cell, &opened, rnd(rng, 2));
	last = __atomic_load_n(&cell->last, __ATOMIC_SEQ_CST);
	least = oldest(cell, began, opened ? set->promise.opened[cell->kind] : set->promise.found[cell->kind]);
	/* Of a name one sees whether it is there: the last bit. */
	if (cell->kind == NAME)
		got = least + ((least ^ got) & 1);
	count(&counters->reads[cell->kind]);
	CHECK(got <= last || cell->kind == NAME, "%s of d%u: version %llu is not made yet", kind_names[cell->kind], cell->dir,
	      (long long)got);
	if (got < least || got > last)
		too_old(cell, got, least, began, opened);
}

static void change(struct cell *cell, enum how how)
{
	uint64_t v;

	if (!change_take(cell))
		return;
	v = change_begin(cell, how);
	change_end(cell, how == BY_MOUNT ? cell_change_by_mount(cell, v) : cell_change_at_daemon(cell, v, how == TOLD));
	count(&counters->changes[how]);
}

static void replace_set(void)
{
	struct extfuse_ext *ext;
	char err[512];

	if (pthread_mutex_trylock(&counters->replacing))
		return;
	CHECK(!extfuse_ext__open(&ext, "metacache", &set->opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__replace(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	extfuse_ext__free(ext);
	count(&counters->replaced);
	pthread_mutex_unlock(&counters->replacing);
}

/* What makes the kernel give things back, or moves all. */
static void disturb(uint64_t *rng)
{
	int fd;

	switch (rnd(rng, 3)) {
	case 0:
		fd = open_for("/proc/sys/vm/drop_caches", O_WRONLY);
		CHECK(write(fd, "2", 1) == 1, "drop_caches");
		close(fd);
		return;
	case 1:
		fd = open_for("mnt", O_RDONLY | O_DIRECTORY);
		CHECK(!syncfs(fd), "syncfs");
		close(fd);
		return;
	default:
		replace_set();
	}
}

/* A task on the mount. Root changes and disturbs; others only look. */
static void work(uint64_t rng, bool root)
{
	unsigned int i;

	if (!root)
		become(1000 + rnd(&rng, 2));
	for (i = 0; i < OPERATIONS; i++) {
		struct cell *cell = &cells[rnd(&rng, KINDS * DIRS)];

		if (root && !rnd(&rng, 8))
			change(cell, BY_MOUNT);
		else if (root && !set->broken && !rnd(&rng, 400))
			disturb(&rng);
		else
			look_at(cell, &rng);
	}
}

/* A process of its own: who maps a file of the mount must not share its memory with the daemon. */
static pid_t task(uint64_t seed, bool root)
{
	pid_t pid = fork();

	CHECK(pid >= 0, "fork");
	if (pid)
		return pid;
	work(seed, root);
	exit(0);
}

/* What the daemon changes, and what others do behind it. */
static void *at_daemon(void *seed)
{
	uint64_t rng = (uintptr_t)seed;

	while (!__atomic_load_n(&counters->end, __ATOMIC_RELAXED)) {
		change(&cells[rnd(&rng, KINDS * DIRS)], rnd(&rng, 2) ? TOLD : BEHIND);
		raw_sleep_ms(rnd(&rng, 3));
	}
	return NULL;
}

static void look_at_all(uint64_t *rng)
{
	unsigned int i;

	for (i = 0; i < 4 * KINDS * DIRS; i++)
		look_at(&cells[i / 4], rng);
}

/* What is known of all is kept for its time, and no longer. */
static void wait_for_lifetimes(uint64_t seed)
{
	uint64_t rng = seed;
	unsigned int i;

	/* Twice: what the first look at a node's attributes finds moves what was known of its data before. */
	look_at_all(&rng);
	look_at_all(&rng);
	for (i = 0; i < KINDS * DIRS; i++)
		change(&cells[i], BEHIND);
	look_at_all(&rng);
	raw_sleep_ms(LATE / 1000000 + 1);
	look_at_all(&rng);
}

static uint64_t sum(const uint64_t *counters, unsigned int n)
{
	uint64_t all = 0;

	while (n--)
		all += counters[n];
	return all;
}

/* The caches were at work, or nothing has been seen. */
static void check_work(void)
{
	unsigned int i;

	for (i = 0; set->opts.shadow && i < EXTFUSE_OPCODES; i++)
		CHECK(!stats(i).differed, "%s: %llu answers were not the daemon's", raw_opname(i), stats(i).differed);
	if (set->opts.actimeo_ns)
		CHECK(stats(FUSE_LOOKUP).answered && stats(FUSE_READLINK).answered, "programs must have answered");
	if (set->opts.xattrtimeo_ns)
		CHECK(stats(FUSE_GETXATTR).answered, "programs must have answered");
	/* The daemon is asked all the same. */
	if (set->opts.shadow)
		return;
	if (set->opts.closetimeo_ns)
		CHECK(stats(FUSE_OPEN).kept && stats(FUSE_OPENDIR).kept, "handles must have been used again");
	if (set->opts.keepcache)
		CHECK(raw_count(rf, FUSE_READ) < counters->reads[DATA] + counters->reads[REPLACED], "pages must have stayed");
}

static void report(void)
{
	const struct counters *c = counters;
	unsigned int i;

	printf("%s: %llu reads, changes %llu by the mount, %llu told, %llu behind; set replaced %llu times; too old:", set->name,
	       (long long)sum(c->reads, KINDS), (long long)c->changes[BY_MOUNT], (long long)c->changes[TOLD],
	       (long long)c->changes[BEHIND], (long long)c->replaced);
	for (i = 0; i < KINDS; i++)
		printf(" %llu", (long long)c->stale[i]);
	printf("\n");
	fflush(stdout);
}

static void work_all(uint64_t seed)
{
	pthread_t changer;
	pid_t tasks[TASKS];
	unsigned int i;
	int status;

	for (i = 0; i < TASKS; i++)
		tasks[i] = task(seed + i + 1, i < TASKS / 2);
	if (!set->alone)
		CHECK(!pthread_create(&changer, NULL, at_daemon, (void *)seed), "thread");
	for (i = 0; i < TASKS; i++)
		CHECK(waitpid(tasks[i], &status, 0) == tasks[i] && !status, "a task, seed %llu", (long long)seed);
	__atomic_store_n(&counters->end, true, __ATOMIC_RELAXED);
	if (!set->alone)
		CHECK(!pthread_join(changer, NULL), "thread");
}

static void run(const struct set *which, uint64_t seed)
{
	pthread_mutexattr_t attr;
	unsigned int i;

	set = which;
	memset(counters, 0, sizeof(*counters));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&counters->replacing, &attr);
	rf = raw_start(&(struct raw_opts){ 0 });
	cells_make();
	attach("metacache", &set->opts);
	work_all(seed * 0x9e3779b97f4a7c15);
	if (!set->alone)
		wait_for_lifetimes(seed);
	report();
	for (i = 0; set->broken && i < KINDS; i++)
		CHECK(counters->stale[i], "%s: that it is too old must be seen", kind_names[i]);
	CHECK(set->broken || !sum(counters->stale, KINDS), "reads that are too old, seed %llu", (long long)seed);
	check_work();
	no_bad_verdicts();
	raw_balance(rf);
	raw_stop(rf);
	cells_free();
}

#define ALL_KINDS(ns)	{ ns, ns, ns, ns, ns, ns, ns, ns }
#define ALL_KEPT(ns)	.actimeo_ns = ns, .xattrtimeo_ns = ns, .closetimeo_ns = ns, .keepcache = true, .noflush = true, .rdirplus = true

int main(void)
{
	const char *seed = getenv("SEED"), *only = getenv("SET");
	/* What actimeo is about, and nothing else. */
	const struct promise names_and_attributes = {
		.found = { [OWNER] = LATE, [SIZE] = LATE, [TARGET] = LATE, [NAME] = LATE, [REPLACED] = LATE },
		.opened = { [OWNER] = LATE, [SIZE] = LATE, [TARGET] = LATE, [NAME] = LATE, [REPLACED] = LATE },
	};
	const struct promise all = { ALL_KINDS(LATE), ALL_KINDS(LATE) };
	const struct promise at_open = {
		ALL_KINDS(LATE), .opened = { [TARGET] = LATE, [NAME] = LATE, [REPLACED] = LATE },
	};
	const struct set sets[] = {
		{ .name = "strict" },
		{ .name = "actimeo", .opts = { .actimeo_ns = LIFETIME }, .promise = names_and_attributes },
		{ .name = "cto", .opts = { ALL_KEPT(LIFETIME), .cto = true }, .promise = at_open },
		{ .name = "local", .opts = { ALL_KEPT(LIFETIME) }, .promise = all },
		{ .name = "shadow", .opts = { ALL_KEPT(LONG_NS), .shadow = true }, .alone = true },
		{ .name = "local, promised as strict", .opts = { ALL_KEPT(LONG_NS) }, .broken = true },
		{ .name = "local, promised for a moment", .opts = { ALL_KEPT(LONG_NS) }, .promise = all, .broken = true },
	};
	unsigned int i, round, rounds = getenv("LONG") ? 100 : 1;

	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counters != MAP_FAILED, "shared memory");
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
			if (!only || !strcmp(only, sets[i].name))
				run(&sets[i], (seed ? strtoull(seed, NULL, 0) : 20211) + round);
		}
	}
	return 0;
}
