// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a file that root takes over below stays as root made it, whatever its old owner does with a descriptor at that moment
 * needs: extfuse ext4 root
 * timeout: 90
 * ring: slow
 *
 * The window is a few instructions wide, so both sides hammer, for so many rounds or so long: before the caller's own rights were
 * all that counts, one round in 20 (6.1) to 80 (7.2) made a file of root's that is set-user-ID, or that is alice's group's.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

#define ALICE	1000
#define ROUNDS	1500
#define SECONDS	8

static void set_mode(int fd)
{
	fchmod(fd, 04755);
}

static void set_group(int fd)
{
	if (fchown(fd, -1, ALICE))
		return;
}

/* Changes no owner, so it asks for nothing but what goes beside a change: set-id bits. */
static void set_nothing(int fd)
{
	if (fchown(fd, -1, -1))
		return;
}

/* Alice, with the file open, for as long as she is let. */
static pid_t loop(void (*change)(int fd))
{
	int ready[2], fd;
	char byte;
	pid_t pid;

	CHECK(!pipe(ready), "a pipe");
	pid = fork();
	CHECK(pid >= 0, "a child");
	if (pid) {
		close(ready[1]);
		CHECK(read(ready[0], &byte, 1) == 1, "alice must have the file open");
		close(ready[0]);
		return pid;
	}
	CHECK(!setgroups(0, NULL) && !setgid(ALICE) && !setuid(ALICE), "to be alice");
	fd = open("mnt/f", O_RDONLY);
	CHECK(fd >= 0, "open");
	CHECK(write(ready[1], "", 1) == 1, "to say so");
	for (;;)
		change(fd);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* What alice does in a loop, what root makes of the file, and whether that is still so. */
struct attack {
	const char *what;
	void (*change)(int fd);
	mode_t mode;		/* hers before, and root's after it was taken over */
	bool (*is_changed)(const struct stat *st, unsigned int round);
};

static bool has_more(const struct stat *st, unsigned int round)
{
	return st->st_mode & S_ISUID || (st->st_gid == ALICE && !(round & 1));
}

static bool has_less(const struct stat *st, unsigned int round)
{
	(void)round;
	return !(st->st_mode & S_ISUID);
}

static bool below_is_changed(const struct attack *a, unsigned int round)
{
	struct stat st;

	CHECK(!stat("low/f", &st), "stat");
	return a->is_changed(&st, round);
}

static void hammer(const struct attack *a)
{
	unsigned int round, lost = 0, alices = 0;
	time_t end = now() + SECONDS * case_slow();
	pid_t pid;

	CHECK(!chown("low/f", ALICE, ALICE) && !chmod("low/f", a->mode), "the file is alice's");
	pid = loop(a->change);
	for (round = 0; round < ROUNDS && now() < end; round++) {
		CHECK(!chown("low/f", ALICE, round & 1 ? ALICE : 0) && !chmod("low/f", a->mode), "it is alice's");
		usleep(round % 7 * 100);
		alices += below_is_changed(a, round);
		CHECK(!chown("low/f", 0, 0) && !chmod("low/f", a->mode), "it is root's");
		usleep(200);
		lost += below_is_changed(a, 0);
	}
	CHECK(!waitpid(pid, NULL, WNOHANG), "alice must have gone on");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%s: %u rounds, of which alice changed her own in %u, and root's in %u\n", a->what, round, alices, lost);
	CHECK(alices, "%s: alice must be able to change what is hers", a->what);
	CHECK(!lost, "%s: root's file was changed in %u of %u rounds", a->what, lost, round);
}

int main(void)
{
	int fd;

	CHECK(!chmod(".", 0755) && !mkdir("low", 0755) && !mkdir("mnt", 0755), "directories");
	fd = open("low/f", O_CREAT | O_WRONLY, 0644);
	CHECK(fd >= 0, "a file");
	close(fd);
	CHECK(!system("mount -t extfuse -o log=$PWD/log $PWD/low $PWD/mnt"), "the mount");
	hammer(&(struct attack){ "fchmod 04755", set_mode, 0644, has_more });
	hammer(&(struct attack){ "fchown to her group", set_group, 0644, has_more });
	hammer(&(struct attack){ "fchown to nobody", set_nothing, 04755, has_less });
	CHECK(!system("umount $PWD/mnt"), "the unmount");
	return 0;
}
