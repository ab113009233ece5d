// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: locks of processes are as on ext4 where mirror/locks does not look: ranges, owners, deadlocks, descriptors that are duplicated or inherited
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <sys/file.h>

#include "steps.h"

static struct flock range(int type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
}

static int fd;

static long lock(int type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	return fcntl(fd, F_SETLK, &l);
}

/* What another process would have in its way at each place. */
static void tell(void)
{
	off_t at;

	for (at = 0; at < 100; at += 10) {
		struct flock l = range(F_WRLCK, at, 10);

		CHECK(!fcntl(fd, F_GETLK, &l), "F_GETLK");
		if (l.l_type != F_UNLCK)
			SAY("at %ld: type %d from %ld, %ld, of the parent %d", (long)at, l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid == getppid());
	}
}

static void told(void)
{
	as_user(0, 0, 0, tell);
}

/* Ranges that are split, joined, upgraded and downgraded. */
static void ranges(void)
{
	static const struct {
		int type;
		off_t start, len;
	} rows[] = {
		{ F_WRLCK, 0, 100 }, { F_UNLCK, 20, 10 }, { F_RDLCK, 40, 20 }, { F_WRLCK, 25, 20 }, { F_UNLCK, 0, 0 }, { F_RDLCK, 10, 10 }, { F_RDLCK, 20, 10 },
		{ F_RDLCK, 90, 0 }, { F_WRLCK, 30, -10 }, { F_WRLCK, 5, -10 }, { F_UNLCK, -1, 1 }, { 7, 0, 1 }, { F_UNLCK, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CALL(lock(rows[i].type, rows[i].start, rows[i].len));
		told();
	}
}

static void child_conflicts(void)
{
	CALL(lock(F_WRLCK, 0, 10));
	CALL(lock(F_RDLCK, 0, 10));
	CALL(lock(F_RDLCK, 50, 10));
	CALL(lock(F_WRLCK, 50, 10));
	CALL(lock(F_UNLCK, 0, 0));
}

static void descriptors(void)
{
	int second = dup(fd), other;

	CALL(lock(F_WRLCK, 0, 10));
	CALL(lock(F_RDLCK, 50, 10));
	as_user(0, 0, 0, child_conflicts);
	as_user(ALICE, ALICE, 0, child_conflicts);
	/* A close of any descriptor of the file drops what the process holds. */
	close(second);
	told();
	CALL(lock(F_WRLCK, 0, 10));
	other = OPEN(open("link", O_RDONLY));
	told();
	close(other);
	told();
	CALL(lock(F_WRLCK, 0, 10));
	CALL(unlink("link"));
	told();
	CALL(lock(F_UNLCK, 0, 0));
}

static void wait_for_second(int pipe_fd)
{
	struct flock l = range(F_WRLCK, 1, 1);

	CHECK(!fcntl(fd, F_SETLK, &l) && write(pipe_fd, "x", 1) == 1, "the child's lock");
	l = range(F_WRLCK, 0, 1);
	/* The parent holds this one, and will want ours. */
	_exit(fcntl(fd, F_SETLKW, &l) ? errno : 0);
}

static void deadlock(void)
{
	struct flock l = range(F_WRLCK, 0, 1);
	int pipes[2], status;
	bool refused;
	char byte;
	pid_t pid;

	CALL(fcntl(fd, F_SETLK, &l));
	CHECK(!pipe(pipes), "a pipe");
	pid = fork();
	if (!pid)
		wait_for_second(pipes[1]);
	CHECK(pid > 0 && read(pipes[0], &byte, 1) == 1, "the child has its lock");
	/* One of both is refused, and it is chance which; it then lets go of what the other waits for. */
	l = range(F_WRLCK, 1, 1);
	refused = fcntl(fd, F_SETLKW, &l) && errno == EDEADLK;
	CALL(lock(F_UNLCK, 0, 0));
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "the child");
	SAY("one of both was refused: %d", refused != (WEXITSTATUS(status) == EDEADLK));
}

static const char *const handles[] = {
	"1=open f O_RDWR 0", "2=open f O_RDWR 0", "3=open f O_RDONLY 0", "4=open f O_PATH 0", "5=open . O_RDONLY 0",
	"ofd 1 F_WRLCK 0 10", "ofd 2 F_WRLCK 5 10", "ofd 2 F_WRLCK 10 10", "ofd 3 F_RDLCK 5 1", "ofd 3 F_RDLCK 30 1", "ofd 3 F_WRLCK 40 1", "ofd 1 F_RDLCK 0 10", "ofd 3 F_RDLCK 5 1",
	"ofd 1 F_WRLCK 0 10", "ofd 2 F_UNLCK 0 0", "ofd 3 F_UNLCK 0 0", "ofd 1 F_WRLCK 0 0", "ofd 4 F_RDLCK 0 1", "ofd 5 F_RDLCK 0 1", "ofd 1 9 0 1", "close 1", "ofd 2 F_WRLCK 0 0", "close 2",
	"1=open f O_RDWR 0", "2=open f O_RDONLY 0", "flock 1 LOCK_EX", "flock 2 LOCK_EX|LOCK_NB", "flock 2 LOCK_SH|LOCK_NB", "flock 1 LOCK_SH", "flock 2 LOCK_SH|LOCK_NB", "flock 1 LOCK_EX|LOCK_NB",
	"flock 2 LOCK_UN", "flock 1 LOCK_EX|LOCK_NB", "flock 4 LOCK_SH", "flock 5 LOCK_EX", "flock 5 LOCK_UN", "flock 3 LOCK_EX|LOCK_NB", "flock 1 0", "flock 1 99", "close 1", "flock 2 LOCK_EX|LOCK_NB",
	"flock 99 LOCK_SH", "close 2", "close 3", "close 4", "close 5",
};

static void steps(void)
{
	fd = OPEN(open("f", O_CREAT | O_RDWR, 0666));
	CALL(link("f", "link"));
	ranges();
	descriptors();
	deadlock();
	close(fd);
	STEPS(handles);
}

STEPS_MAIN(steps)
