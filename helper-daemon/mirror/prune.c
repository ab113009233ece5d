// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the kernel forget names that are not in use, before descriptors run out.
 *
 * A node is a descriptor for as long as the kernel knows it, and the kernel forgets
 * nodes only when it lacks memory.  So a walk through a large tree would use up all
 * descriptors.  A reconfiguration of the mount that changes nothing makes the kernel
 * drop all of its names that are not in use, and then it forgets their nodes.
 */
#include "mirror.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "mounts.h"

#define SECOND_NS	1000000000LL
/* Dropping names takes some descriptors itself. */
#define SPARE		16
/* How long a request without a descriptor may wait for that, and then for the nodes to be forgotten. */
#define WAIT_S		10
#define FORGET_US	100000

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_cond_t end;
	bool asked;
	unsigned int ended;	/* how often it was done */
	int err;		/* of the last time */
	int high;		/* it is done from this descriptor on; 0: never */
	int last;		/* no node gets this descriptor or a higher one */
} prune = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.end = PTHREAD_COND_INITIALIZER,
};

/* Closes @root at once: it keeps the mount from being unmounted. */
static int reconfigure(int root)
{
	int fs = syscall(SYS_fspick, root, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC), err = fs < 0 ? -errno : 0;

	close(root);
	if (err)
		return err;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		err = -errno;
	close(fs);
	return err;
}

/* It suffices to reconfigure one mount of the connection that this process sees. */
static int names_drop(void)
{
	struct mount_list list;
	int err = mount_list__read(&list, false), root;
	size_t i;

	if (err)
		return err;
	err = -ENOENT;
	for (i = 0; err && i < list.count; i++) {
		if (list.entries[i].conn != mirror.conn)
			continue;
		root = mount_entry__open(&list.entries[i]);
		err = root < 0 ? root : reconfigure(root);
	}
	mount_list__free(&list);
	return err;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static void wait_asked(void)
{
	pthread_mutex_lock(&prune.lock);
	while (!prune.asked)
		pthread_cond_wait(&prune.more, &prune.lock);
	prune.asked = false;
	pthread_mutex_unlock(&prune.lock);
}

static void say_ended(int err)
{
	static bool said;

	if (err && !said)
		log_warning("mirror of %s: the kernel does not forget files that are not in use (%s): no more can be opened when it knows as many as sysctl fs.nr_open says",
			    mirror.source, strerror(-err));
	said |= err;
	pthread_mutex_lock(&prune.lock);
	prune.ended++;
	prune.err = err;
	pthread_cond_broadcast(&prune.end);
	pthread_mutex_unlock(&prune.lock);
}

/* It writes back what is dirty, and may not help: so it takes half of the time at most. */
static void rest(int64_t began)
{
	int64_t ns = now_ns() - began;
	struct timespec ts = { .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };

	nanosleep(&ts, NULL);
}

static void *prune_main(void *arg)
{
	int err = creds_thread_init();
	int64_t began;

	(void)arg;
	for (;;) {
		wait_asked();
		began = now_ns();
		say_ended(err ? err : names_drop());
		rest(began);
	}
	return NULL;
}

bool prune_wait(void)
{
	struct timespec until;
	unsigned int ended;
	bool useful;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&prune.lock);
	ended = prune.ended;
	prune.asked = true;
	pthread_cond_signal(&prune.more);
	while (!err && prune.high && ended == prune.ended)
		err = pthread_cond_timedwait(&prune.end, &prune.lock, &until);
	useful = prune.high && !err && !prune.err;
	pthread_mutex_unlock(&prune.lock);
	/* Other threads read the FORGETs. */
	if (useful)
		usleep(FORGET_US);
	return useful;
}

bool prune_look(int fd)
{
	bool spare;

	pthread_mutex_lock(&prune.lock);
	if (prune.high && fd >= prune.high && !prune.asked) {
		prune.asked = true;
		pthread_cond_signal(&prune.more);
	}
	spare = prune.high && fd >= prune.last;
	pthread_mutex_unlock(&prune.lock);
	return !spare;
}

int prune_start(void)
{
	struct rlimit rl;
	pthread_t thread;
	int err;

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return errno;
	err = pthread_create(&thread, NULL, prune_main, NULL);
	if (err)
		return err;
	pthread_detach(thread);
	prune.last = rl.rlim_cur - SPARE;
	prune.high = rl.rlim_cur / 4 * 3;
	return 0;
}
