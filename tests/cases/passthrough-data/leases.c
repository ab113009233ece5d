// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a lease on a file below is broken by an open or a truncation through the mount, as by one below; what waits goes on when the holder gives the lease back
 * needs: extfuse ext4 root
 * timeout: 60
 *
 * Two files, each with a lease of this process: "fs/a" is opened below, the other through the mount.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "both.h"
#include "rawfuse.h"

static volatile sig_atomic_t breaks;
static int held[2];

static void on_break(int sig)
{
	(void)sig;
	breaks++;
}

static int broken(void)
{
	int n = breaks;

	breaks = 0;
	return n;
}

static void hold(int s, int flags, int type)
{
	held[s] = open(s ? "fs/b/file" : "fs/a/file", flags | O_CLOEXEC);
	CHECK(held[s] >= 0 && !fcntl(held[s], F_SETLEASE, type), "%s: a lease", dirs[s]);
	broken();
}

static void let_go(int s)
{
	CHECK(!fcntl(held[s], F_SETLEASE, F_UNLCK) && !close(held[s]), "%s: given back", dirs[s]);
}

/* Who does not want to wait is told so, and the holder of it. */
static void at_once(void)
{
	int s;

	for (s = 0; s < 2; s++)
		hold(s, O_RDWR, F_WRLCK);
	BOTH(1, (try_open(in(s, "file"), O_RDONLY | O_NONBLOCK), broken()));
	BOTH(-EWOULDBLOCK, try_open(in(s, "file"), O_RDONLY | O_NONBLOCK));
	BOTH(F_RDLCK, fcntl(held[s], F_GETLEASE));
	BOTH(-EWOULDBLOCK, try_open(in(s, "file"), O_WRONLY | O_NONBLOCK));
	BOTH(F_UNLCK, fcntl(held[s], F_GETLEASE));
	BOTH(0, (let_go(s), try_open(in(s, "file"), O_RDWR | O_NONBLOCK)));
	/* Readers agree with each other. */
	for (s = 0; s < 2; s++)
		hold(s, O_RDONLY, F_RDLCK);
	BOTH(0, try_open(in(s, "file"), O_RDONLY | O_NONBLOCK));
	BOTH(0, broken());
	BOTH(1, (try_open(in(s, "file"), O_RDWR | O_NONBLOCK), broken()));
	BOTH(-EWOULDBLOCK, try_open(in(s, "file"), O_RDWR | O_NONBLOCK));
	BOTH(F_UNLCK, fcntl(held[s], F_GETLEASE));
	BOTH(0, (let_go(s), 0));
}

static int by_read(const char *path)
{
	char word[8] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && pread(fd, word, 4, 0) == 4 && !strcmp(word, "held") ? 0 : -1;
}

static int by_write(const char *path)
{
	return try_open(path, O_WRONLY);
}

static int by_truncate(const char *path)
{
	return truncate(path, 4);
}

/* What the holder does before it gives the lease back is seen by who waited for that. */
static void later(int s, int (*what)(const char *path), const char *name)
{
	int status;
	pid_t pid;

	hold(s, O_RDWR, F_WRLCK);
	pid = fork();
	if (!pid)
		_exit(!!what(in(s, "file")));
	CHECK(raw_until(10, breaks == 1), "%s: %s breaks the lease", dirs[s], name);
	raw_sleep_ms(200);
	CHECK(!waitpid(pid, &status, WNOHANG), "%s: %s waits", dirs[s], name);
	CHECK(pwrite(held[s], "held", 4, 0) == 4, "write");
	let_go(s);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "%s: %s goes on: status %x", dirs[s], name, status);
	CHECK(broken() == 1, "%s: %s breaks it once", dirs[s], name);
}

int main(void)
{
	int s;

	signal(SIGIO, on_break);
	CHECK(!system("mkdir -p fs/a fs/b mnt && for d in a b; do echo -n text >fs/$d/file || exit 1; done"), "files");
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	BOTH(0, try_open(in(s, "file"), O_RDWR));
	at_once();
	for (s = 0; s < 2; s++) {
		later(s, by_read, "read");
		later(s, by_write, "write");
		later(s, by_truncate, "truncate");
	}
	CHECK(!system("umount $PWD/mnt"), "umount");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
