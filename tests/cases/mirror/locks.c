// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: locks on a mirror are as on ext4 between processes: fcntl, open file description, flock
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <sys/file.h>

#include "compare.h"

static struct flock range(int type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
}

static void other_posix(void)
{
	int fd = OPEN(open("f", O_RDWR));
	struct flock l = range(F_WRLCK, 0, 10);

	CALL(fcntl(fd, F_SETLK, &l));
	CALL(fcntl(fd, F_GETLK, &l));
	SAY("type %d start %ld len %ld", l.l_type, (long)l.l_start, (long)l.l_len);
	l = range(F_RDLCK, 100, 10);
	CALL(fcntl(fd, F_SETLK, &l));
	l = range(F_WRLCK, 20, 10);
	CALL(fcntl(fd, F_SETLK, &l));
	close(fd);
}

static void other_flock(void)
{
	int fd = OPEN(open("f", O_RDONLY));

	CALL(flock(fd, LOCK_EX | LOCK_NB));
	CALL(flock(fd, LOCK_SH | LOCK_NB));
	CALL(flock(fd, LOCK_UN));
	close(fd);
}

static void step_posix(void)
{
	int fd = OPEN(open("f", O_CREAT | O_RDWR, 0666)), fd2;
	struct flock l = range(F_WRLCK, 0, 15);

	CALL(fcntl(fd, F_SETLK, &l));
	l = range(F_RDLCK, 100, 10);
	CALL(fcntl(fd, F_SETLK, &l));
	as_user(0, 0, 0, other_posix);
	/* Any close of the file by this process drops its locks. */
	fd2 = OPEN(open("f", O_RDONLY));
	close(fd2);
	as_user(0, 0, 0, other_posix);
	l = range(F_WRLCK, 0, 0);
	CALL(fcntl(fd, F_OFD_SETLK, &l));
	as_user(0, 0, 0, other_posix);
	fd2 = OPEN(open("f", O_RDWR));
	l = range(F_WRLCK, 0, 0);
	CALL(fcntl(fd2, F_OFD_SETLK, &l));
	close(fd);
	l = range(F_WRLCK, 0, 0);
	CALL(fcntl(fd2, F_OFD_SETLK, &l));
	close(fd2);
	fd = OPEN(open("f", O_RDONLY));
	l = range(F_WRLCK, 0, 0);
	CALL(fcntl(fd, F_SETLK, &l));
	close(fd);
}

static void step_flock(void)
{
	int fd = OPEN(open("f", O_RDWR)), fd2;

	CALL(flock(fd, LOCK_EX));
	as_user(0, 0, 0, other_flock);
	CALL(flock(fd, LOCK_SH));
	as_user(0, 0, 0, other_flock);
	fd2 = OPEN(open("f", O_RDWR));
	CALL(flock(fd2, LOCK_EX | LOCK_NB));
	close(fd);
	CALL(flock(fd2, LOCK_EX | LOCK_NB));
	as_user(0, 0, 0, other_flock);
	close(fd2);
	as_user(0, 0, 0, other_flock);
}

/* One waits for the other. */
static void step_wait(void)
{
	int fd = OPEN(open("f", O_RDWR)), pipes[2], status;
	char order[2];
	pid_t pid;

	CHECK(!pipe(pipes), "a pipe");
	CALL(flock(fd, LOCK_EX));
	pid = fork();
	if (!pid) {
		int mine = open("f", O_RDWR);

		flock(mine, LOCK_EX);
		if (write(pipes[1], "2", 1) != 1)
			_exit(1);
		_exit(0);
	}
	usleep(200000);
	CALL(write(pipes[1], "1", 1));
	CALL(flock(fd, LOCK_UN));
	waitpid(pid, &status, 0);
	CALL(read(pipes[0], order, 2));
	SAY("order %.2s", order);
	close(fd);
}

static void steps(void)
{
	step_posix();
	step_flock();
	step_wait();
}

COMPARE_MAIN(steps)
