// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a request that comes while a policy is exchanged does not keep from the processor who exchanges it
 * needs: root extfuse build:tests/bpf/script.bpf.o file:/sys/kernel/debug/sched/preempt
 *
 * The kernel is made preemptible. A task of real time asks again and again on the processor on which one without is
 * exchanging policies: it hammers, and in some of the rounds it comes in the middle of an exchange.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../backing/backing.h"

#define PREEMPT		"/sys/kernel/debug/sched/preempt"
/* Each exchange waits for a grace period, several for the same. */
#define THREADS		4
#define EXCHANGES	300
#define PAUSE_NS	300000
/* One look is one request, and one more for each exchange that it meets. */
#define MOST		100

static struct rawfuse *rf;
static char was[16];
static bool stop;
static volatile uint64_t most;

static bool preempt_set(const char *how)
{
	int fd = open(PREEMPT, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, how, strlen(how)) == (ssize_t)strlen(how);

	close(fd);
	return done;
}

static void preempt_back(void)
{
	preempt_set(was);
}

/* The file says "none voluntary (full)". */
static void preempt_full(void)
{
	char modes[128] = "", *mode;
	int fd = open(PREEMPT, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, modes, sizeof(modes) - 1) > 0, PREEMPT);
	close(fd);
	mode = strchr(modes, '(');
	CHECK(mode && sscanf(mode, "(%15[a-z])", was) == 1, "the mode: %s", modes);
	CHECK(preempt_set("full"), "a preemptible kernel");
	atexit(preempt_back);
}

static void here(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK(!sched_setaffinity(0, sizeof(cpus), &cpus), "one processor");
	CHECK(!sched_setscheduler(0, policy, &param), "the scheduler");
}

static void *look(void *arg)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint64_t before, n;
	struct stat st;
	int fd = *(int *)arg;

	here(SCHED_FIFO, 10);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		nanosleep(&pause, NULL);
		before = script_stats(rf, FUSE_GETATTR).passed;
		CHECK(!fstat(fd, &st), "fstat");
		n = script_stats(rf, FUSE_GETATTR).passed - before;
		most = n > most ? n : most;
	}
	return NULL;
}

static struct script *policy(void)
{
	struct script *s = script_load(rf, "script", &(struct extfuse_options){ .fail_closed = true });

	passes(s, FUSE_GETATTR);
	return s;
}

static void *exchange(void *arg)
{
	struct script *s = arg;
	int i;

	here(SCHED_OTHER, 0);
	for (i = 0; i < EXCHANGES && most <= MOST; i++)
		script_replace(s, s);
	return NULL;
}

int main(void)
{
	struct script *policies[THREADS];
	pthread_t looker, threads[THREADS];
	struct raw_node *file;
	int fd, i;

	preempt_full();
	put("low", "text");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1" });
	file = raw_file(rf, "/a", "text", 4);
	object(rf, file, "low");
	fd = open("mnt/a", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "open");
	for (i = 0; i < THREADS; i++)
		policies[i] = policy();
	script_attach_loaded(policies[0]);

	CHECK(!pthread_create(&looker, NULL, look, &fd), "thread");
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, exchange, policies[i]), "thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stop = true;
	pthread_join(looker, NULL);
	CHECK(most, "something must be passed through");
	CHECK(most <= MOST, "one look was %llu requests", (unsigned long long)most);

	close(fd);
	script_detach(policies[0]);
	for (i = 0; i < THREADS; i++)
		script_free(policies[i]);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
