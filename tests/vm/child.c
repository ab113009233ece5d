// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs one process in a session of its own, sends its output line by line to the host while it runs, watches the
 * kernel log meanwhile, and enforces a time limit. Being PID 1 makes cleaning up simple: kill(-1) reaches every
 * process but ourselves, whatever it did to hide.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* What a case may print; beyond it lines are dropped (and counted), so that one case cannot stop a run. */
#define MAX_OUTPUT	(1 << 20)

struct stream {
	int fd;
	char type;
	char line[4000];
	size_t len;
	size_t total;
	size_t limit;		/* 0: none */
};

double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* How many times slower than usual the host says that everything is here. */
int guest_slow(void)
{
	const char *slow = getenv("EXTFUSE_SLOW");

	return slow ? atoi(slow) : 1;
}

static void end_line(struct stream *s, struct child *child)
{
	size_t n = s->len < sizeof(child->last) ? s->len : sizeof(child->last) - 1;

	memcpy(child->last, s->line, n);
	child->last[n] = 0;
	if (!s->limit || s->total < s->limit)
		channel_text(s->type, s->line, s->len);
	s->total += s->len + 1;
	s->len = 0;
}

/* Returns false once the other side has closed. Non-blocking: called again after the process is gone. */
static bool read_stream(struct stream *s, struct child *child)
{
	char buf[16384];
	ssize_t n, i;

	for (;;) {
		n = read(s->fd, buf, sizeof(buf));
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!n)
			return false;
		for (i = 0; i < n; i++) {
			if (buf[i] == '\n' || s->len == sizeof(s->line))
				end_line(s, child);
			if (buf[i] != '\n')
				s->line[s->len++] = buf[i];
		}
	}
}

static pid_t spawn(struct child *child, int out, int err)
{
	pid_t pid = fork();
	sigset_t none;
	int in;

	if (pid)
		return pid;
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (chdir(child->dir))
		dprintf(2, "init: cannot enter %s: %s\n", child->dir, strerror(errno));
	execv(child->argv[0], child->argv);
	dprintf(2, "init: cannot run %s: %s\n", child->argv[0], strerror(errno));
	_exit(127);
}

static size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0 ? n : 0;
}

/* A daemon's threads wait in different places, and the one that matters is seldom the first. */
static void report_threads(const char *pid)
{
	char path[600], text[4096], *rest, *line;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (!isdigit(d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task/%s/comm", pid, d->d_name);
		read_file(path, text, sizeof(text));
		text[strcspn(text, "\n")] = 0;
		channel_send('O', "process %s thread %s %s", pid, d->d_name, text);
		snprintf(path, sizeof(path), "/proc/%s/task/%s/stack", pid, d->d_name);
		read_file(path, text, sizeof(text));
		for (rest = text; (line = strsep(&rest, "\n")) && *line;)
			channel_send('O', "%s", line);
	}
	if (dir)
		closedir(dir);
}

/* By the flags in /proc/PID/stat: to read its command line could wait for the very lock that it hangs on. */
static bool is_kernel_thread(const char *pid)
{
	char path[300], text[1024], *p;
	unsigned int flags = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	read_file(path, text, sizeof(text));
	p = strrchr(text, ')');
	return !p || sscanf(p, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1 || flags & 0x00200000 /* PF_KTHREAD */;
}

/* What runs has no stack in /proc: the kernel log gets those of the processors, before the other reports. */
static void report_processors(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "l", 1) == 1)
		usleep(200 * 1000);
	close(fd);
	kmsg_drain();
}

/* For each process that is left: its name, and where in the kernel it waits. */
static void report_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	report_processors();
	while (dir && (d = readdir(dir))) {
		if (isdigit(d->d_name[0]) && strcmp(d->d_name, "1") && !is_kernel_thread(d->d_name))
			report_threads(d->d_name);
	}
	if (dir)
		closedir(dir);
}

static bool reaped(pid_t pid, int *status)
{
	int st;
	pid_t p;

	while ((p = waitpid(-1, &st, WNOHANG)) > 0) {
		if (p != pid)
			continue;
		*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
		return true;
	}
	return false;
}

static void watch(struct child *child, pid_t pid, struct stream *s, int *status)
{
	double end = now_seconds() + child->timeout;
	struct pollfd p[3];

	p[0] = (struct pollfd){ .fd = s[0].fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = s[1].fd, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = kmsg_fd(), .events = POLLIN };
	while (!reaped(pid, status)) {
		/* SIGCHLD interrupts the wait; the short limit covers one that came just before it. */
		poll(p, 3, 50);
		if (p[0].fd >= 0 && !read_stream(&s[0], child))
			p[0].fd = -1;
		if (p[1].fd >= 0 && !read_stream(&s[1], child))
			p[1].fd = -1;
		kmsg_drain();
		if (child->timeout && !child->timed_out && now_seconds() > end) {
			child->timed_out = true;
			report_processes();
			kill(-1, SIGKILL);
			end += 10 * guest_slow();
		} else if (child->timed_out && now_seconds() > end) {
			*status = 128 + SIGKILL;
			return;
		}
	}
}

static void on_child(int sig)
{
	(void)sig;
}

int child_run(struct child *child)
{
	struct stream s[2] = { { .fd = -1, .type = 'O' }, { .fd = -1, .type = 'E' } };
	struct sigaction sa = { .sa_handler = on_child };
	double start = now_seconds();
	int out[2], err[2], i, status = 255;
	pid_t pid;

	sigaction(SIGCHLD, &sa, NULL);
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return 255;
	s[0].fd = out[0];
	s[1].fd = err[0];
	s[0].limit = s[1].limit = child->timeout ? MAX_OUTPUT : 0;
	for (i = 0; i < 2; i++)
		fcntl(s[i].fd, F_SETFL, O_NONBLOCK);
	/* Cases write both into one pipe: there the order tells more than the difference. */
	pid = spawn(child, out[1], child->split ? err[1] : out[1]);
	close(out[1]);
	close(err[1]);
	if (pid > 0)
		watch(child, pid, s, &status);
	for (i = 0; i < 2; i++) {
		read_stream(&s[i], child);
		if (s[i].len)
			end_line(&s[i], child);
		if (s[i].limit && s[i].total > s[i].limit)
			channel_send('O', "(%zu bytes more were dropped)", s[i].total - s[i].limit);
		close(s[i].fd);
	}
	kmsg_drain();
	child->seconds = now_seconds() - start;
	return status;
}

int child_kill_all(void)
{
	double end = now_seconds() + 10 * guest_slow();
	int left = 0;
	pid_t p;

	for (;;) {
		p = waitpid(-1, NULL, WNOHANG);
		if (p < 0)
			return left;
		if (p > 0) {
			left++;
			continue;
		}
		kill(-1, SIGKILL);
		if (now_seconds() > end) {
			report_processes();
			return -1;
		}
		usleep(2000);
	}
}
