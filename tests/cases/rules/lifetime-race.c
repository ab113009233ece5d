// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a lifetime that a program gave or lengthened does not survive an invalidation that came while it was on its way
 * needs: root extfuse build:tests/bpf/slow.bpf.o
 *
 * INVAL_ENTRY (which drops the name, or with EXPIRE_ONLY only ends its lifetime) and INVAL_INODE come at three moments: the
 * daemon has the request in hand; the program runs; the program has ended, its caller has not yet taken the lifetime.
 * The last lasts a microsecond. To hit it the caller has a processor to share with a thread of real-time priority that
 * wakes while the program runs: a kernel that does not preempt itself switches at the next might_sleep() behind it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"
#include "../../bpf/slow.h"

#define CALLER_CPU	0
#define OTHER_CPU	1

static struct rawfuse *rf;
static volatile struct slow *slow;
static struct raw_node *a;
static volatile bool hog_runs, hog_ends;

enum moment { IN_HAND, RUNNING, BEHIND };
static const char * const moments[] = { "in the daemon's hand", "while the program runs", "behind the program" };

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!pthread_setaffinity_np(pthread_self(), sizeof(set), &set), "processor %d", cpu);
}

static void *hog(void *arg)
{
	struct sched_param param = { .sched_priority = 1 };

	(void)arg;
	/* It must not start here and end up there before it is real-time. */
	CHECK(!pthread_setschedparam(pthread_self(), SCHED_FIFO, &param), "real-time priority");
	pin(CALLER_CPU);
	hog_runs = true;
	while (!hog_ends)
		;
	return NULL;
}

static void *caller(void *arg)
{
	struct stat st;

	(void)arg;
	pin(CALLER_CPU);
	CHECK(!stat("mnt/a", &st) && st.st_size == 4, "stat");
	return NULL;
}

static void inval_entry(void)
{
	int err = raw_inval_entry(rf, FUSE_ROOT_ID, "a");

	CHECK(!err || err == -ENOENT, "INVAL_ENTRY: %s", strerror(-err));
}

static void expire_entry(void)
{
	struct {
		struct fuse_notify_inval_entry_out out;
		char name[2];
	} n = { .out = { .parent = FUSE_ROOT_ID, .namelen = 1, .flags = FUSE_EXPIRE_ONLY }, .name = "a" };
	int err = raw_notify(rf, FUSE_NOTIFY_INVAL_ENTRY, &n, offsetof(typeof(n), name) + 2);

	CHECK(!err, "INVAL_ENTRY, expire only: %s", strerror(-err));
}

static void inval_inode(void)
{
	int err = raw_inval_inode(rf, a->id, -1, 0);

	CHECK(!err, "INVAL_INODE: %s", strerror(-err));
}

/* The program runs; something is to happen behind it. */
static void behind(void (*invalidate)(void))
{
	pthread_t thread;

	hog_runs = false;
	hog_ends = false;
	CHECK(!pthread_create(&thread, NULL, hog, NULL), "thread");
	raw_sleep_ms(20);
	slow->go = 1;
	CHECK(raw_until(5, hog_runs), "the caller must make room");
	invalidate();
	hog_ends = true;
	pthread_join(thread, NULL);
}

/* A stat() whose request @opcode is being answered when @invalidate() happens; @when. Without it: the lifetime holds. */
static void race(uint32_t opcode, void (*invalidate)(void), enum moment when, const char *what)
{
	pthread_t thread;
	struct stat st;

	slow->running = 0;
	slow->go = when == IN_HAND || !invalidate;
	if (when == IN_HAND)
		raw_hold(rf, opcode);
	CHECK(!pthread_create(&thread, NULL, caller, NULL), "thread");
	if (when == IN_HAND)
		raw_wait_held(rf, opcode, 1, 10);
	else
		CHECK(raw_until(10, slow->running), "%s, %s: the program must run", what, moments[when]);
	if (invalidate && when == BEHIND)
		behind(invalidate);
	else if (invalidate)
		invalidate();
	slow->go = 1;
	raw_let_go(rf, opcode);
	pthread_join(thread, NULL);
	CHECK(slow->running, "%s, %s: the program must have run", what, moments[when]);
	slow->lengthen = 0;
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st), "stat");
	CHECK(raw_count(rf, opcode) == !!invalidate, "%s, %s: %s must %sbe asked of the daemon", what, moments[when],
	      raw_opname(opcode), invalidate ? "" : "not ");
	/* Nothing is left of the long lifetime. */
	inval_inode();
	inval_entry();
	CHECK(!access("mnt/a", F_OK), "the name must be known");
}

static void reply(uint32_t opcode, void (*invalidate)(void), enum moment when, const char *what)
{
	slow->lengthen = 1;
	race(opcode, invalidate, when, what);
}

static void answer(void (*invalidate)(void), enum moment when, const char *what)
{
	struct fuse_entry_out entry;

	raw_fill_entry(rf, a, &entry);
	memcpy((void *)&slow->entry, &entry, sizeof(entry));
	slow->answer = 1;
	race(FUSE_LOOKUP, invalidate, when, what);
}

static struct extfuse_ext *attach(void)
{
	struct extfuse_options opts = { .actimeo_ns = 60 * RAW_SEC };
	char err[1024] = "", path[4096];
	struct extfuse_ext *ext;
	struct bpf_map *map;

	snprintf(path, sizeof(path), "%s/tests/bpf/slow.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&ext, path, &opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	map = bpf_object__find_map_by_name(extfuse_ext__object(ext), ".bss");
	CHECK(map && bpf_map__value_size(map) == sizeof(*slow), "the programs' variable");
	slow = mmap(NULL, sizeof(*slow), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	CHECK(slow != MAP_FAILED, "the programs' variable");
	slow->seconds = 60;
	return ext;
}

int main(void)
{
	struct extfuse_ext *ext;
	enum moment when;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("needs two processors");
	pin(OTHER_CPU);
	rf = raw_start(&(struct raw_opts){});
	a = raw_file(rf, "/a", "text", 4);
	ext = attach();
	CHECK(!access("mnt/a", F_OK), "the name must be known");

	reply(FUSE_LOOKUP, NULL, RUNNING, "a lengthened name that nobody invalidates");
	answer(NULL, RUNNING, "an answered name that nobody invalidates");
	for (when = IN_HAND; when <= BEHIND; when++) {
		reply(FUSE_LOOKUP, inval_entry, when, "a lengthened name, INVAL_ENTRY");
		reply(FUSE_LOOKUP, expire_entry, when, "a lengthened name that expires");
		if (when == IN_HAND)
			continue;
		answer(inval_entry, when, "an answered name, INVAL_ENTRY");
		answer(expire_entry, when, "an answered name that expires");
	}
	a->entry_ns = LONG_NS;
	inval_entry();
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	reply(FUSE_GETATTR, NULL, RUNNING, "lengthened attributes that nobody invalidates");
	for (when = IN_HAND; when <= RUNNING; when++)
		reply(FUSE_GETATTR, inval_inode, when, "lengthened attributes, INVAL_INODE");
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
