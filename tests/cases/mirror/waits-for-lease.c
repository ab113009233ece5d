// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: opens that wait for a lease below hold up no other request; a caller that is killed need not wait, one that gets another signal does
 * needs: extfuse ext4 root
 * timeout: 90
 *
 * On the mirror's daemon (ext=none), and many more of them than it has threads.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define MANY	100

static pid_t children[MANY];

static long try_open(int flags)
{
	int fd = open("mnt/leased", flags | O_CLOEXEC);

	return fd < 0 ? -errno : close(fd);
}

static void start(unsigned int i)
{
	long res;

	fflush(stdout);
	children[i] = fork();
	CHECK(children[i] >= 0, "fork");
	if (children[i])
		return;
	/* Of those that truncate, all but one would wait for its lock. */
	res = i ? try_open(i % 2 ? O_RDONLY : O_RDWR) : truncate("mnt/leased", 3);
	_exit(res ? 1 : 0);
}

static unsigned int ended(int options)
{
	unsigned int i, n = 0;
	int status;

	for (i = 0; i < MANY; i++) {
		if (!children[i] || waitpid(children[i], &status, options) <= 0)
			continue;
		CHECK(!status, "an open that had waited: status %x", status);
		children[i] = 0;
		n++;
	}
	return n;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Else the alarm ends it. */
static void others_are_served(void)
{
	double start = now();
	char text[8];
	int fd;

	alarm(20 * case_slow());
	CHECK(!system("echo 3 >/proc/sys/vm/drop_caches"), "caches");
	fd = open("mnt/other", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, 7) == 7 && pwrite(fd, "x", 1, 0) == 1 && !close(fd), "the other file");
	CHECK(!access("mnt/leased", R_OK), "the name of the leased file");
	printf("others: %.1f s\n", now() - start);
	alarm(0);
}

static void ends(int i, int sig)
{
	int turns, status;

	CHECK(!kill(children[i], sig), "signal %d", sig);
	for (turns = 0; turns < 100 * case_slow() && waitpid(children[i], &status, WNOHANG) != children[i]; turns++)
		usleep(100000);
	CHECK(turns < 100 * case_slow(), "%d does not end by signal %d", i, sig);
	CHECK(WIFSIGNALED(status), "%d: status %x", i, status);
	children[i] = 0;
}

/* A truncate and an open, while the lease is there. */
static void killed_ends(void)
{
	CHECK(!kill(children[0], SIGUSR1), "a signal");
	usleep(500000);
	CHECK(!waitpid(children[0], NULL, WNOHANG), "ended by a signal that has a handler");
	ends(0, SIGKILL);
	ends(1, SIGTERM);
	start(0);
}

static void on_signal(int sig)
{
	(void)sig;
}

int main(void)
{
	const struct sigaction usr1 = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	unsigned int i;
	char text[8];
	int held, fd;

	signal(SIGIO, SIG_IGN);
	sigaction(SIGUSR1, &usr1, NULL);
	CHECK(!system("echo 600 >/proc/sys/fs/lease-break-time"), "the time to break a lease");
	CHECK(!mkdir("low", 0755) && !mkdir("mnt", 0755), "directories");
	CHECK(!system("echo content >low/leased; echo content >low/other"), "files");
	CHECK(!system("mount -t extfuse -o ext=none,log=$PWD/log $PWD/low $PWD/mnt"), "the mount");
	held = open("low/leased", O_RDWR | O_CLOEXEC);
	CHECK(held >= 0 && !fcntl(held, F_SETLEASE, F_WRLCK), "a lease");
	CHECK(try_open(O_RDONLY | O_NONBLOCK) == -EWOULDBLOCK, "an open that does not wait");
	for (i = 0; i < MANY; i++)
		start(i);
	sleep(2);
	CHECK(!ended(WNOHANG), "an open that did not wait");
	killed_ends();
	others_are_served();
	CHECK(!fcntl(held, F_SETLEASE, F_UNLCK), "the lease is given back");
	CHECK(ended(0) == MANY - 1, "opens that ended");
	CHECK(pread(held, text, sizeof(text), 0) == 3, "the file was truncated");
	fd = open("mnt/leased", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && !close(fd), "an open without a lease");
	close(held);
	CHECK(!system("echo 45 >/proc/sys/fs/lease-break-time; umount $PWD/mnt"), "the unmount");
	return 0;
}
