// SPDX-License-Identifier: GPL-2.0-only
/* See nth.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "nth.h"

#define DEBUGFS	"/sys/kernel/debug/"
#define NOALLOC	"/sys/module/noalloc/parameters/"

static bool built_in;
static uint64_t text_from, text_to;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s into %s", text, path);
	close(fd);
}

static void put_number(const char *folder, const char *name, uint64_t number)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s%s", folder, name);
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)number);
	put(path, text);
}

static long number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "%s", path);
	close(fd);
	return strtol(text, NULL, 0);
}

/* The pages of the module's functions. */
static void find_text(void)
{
	char line[512], kind, owner[64];
	unsigned long long at;
	FILE *f = fopen("/proc/kallsyms", "re");

	CHECK(f, "kallsyms");
	text_from = UINT64_MAX;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %c %*s [%63[^]]]", &at, &kind, owner) != 3)
			continue;
		if (strcmp(owner, "extfuse") || (kind != 't' && kind != 'T'))
			continue;
		text_from = at < text_from ? at : text_from;
		text_to = at > text_to ? at : text_to;
	}
	fclose(f);
	CHECK(text_from < text_to, "the functions of the module");
	text_to = (text_to | 4095) + 1;
}

static void filter(const char *kind)
{
	char folder[64];

	snprintf(folder, sizeof(folder), DEBUGFS "%s/", kind);
	put_number(folder, "require-start", text_from);
	put_number(folder, "require-end", text_to);
	put_number(folder, "verbose", 0);
}

static void start_built_in(void)
{
	filter("failslab");
	filter("fail_page_alloc");
	filter("fail_usercopy");
	put(DEBUGFS "failslab/ignore-gfp-wait", "N");
	put(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	put(DEBUGFS "fail_page_alloc/min-order", "0");
}

static void stop_noalloc(void)
{
	if (system("rmmod noalloc"))
		fprintf(stderr, "noalloc stays loaded\n");
}

static void start_noalloc(void)
{
	CHECK(!system("insmod /extfuse/build/tests/plant/$(uname -r)/noalloc.ko"), "noalloc");
	atexit(stop_noalloc);
	put_number(NOALLOC, "from", text_from);
	put_number(NOALLOC, "to", text_to);
}

void nth_start(void)
{
	find_text();
	built_in = !access(DEBUGFS "failslab/require-start", F_OK);
	if (built_in)
		start_built_in();
	else
		start_noalloc();
}

bool nth_is_built_in(void)
{
	return built_in;
}

static const char *thread_file(pid_t tid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", tid);
	return path;
}

void nth_arm(unsigned int n)
{
	pid_t tid = syscall(SYS_gettid);
	char text[16];

	if (!built_in) {
		put_number(NOALLOC, "task", tid);
		put_number(NOALLOC, "nth", n);
		return;
	}
	snprintf(text, sizeof(text), "%u", n);
	put(thread_file(tid), text);
}

bool nth_fired(void)
{
	long left;

	if (!built_in) {
		left = number_in(NOALLOC "nth");
		put_number(NOALLOC, "nth", 0);
		return !left;
	}
	left = number_in(thread_file(syscall(SYS_gettid)));
	put(thread_file(syscall(SYS_gettid)), "0");
	return !left;
}

static void child(unsigned int n, int (*fn)(void *arg), void *arg)
{
	int status;

	nth_arm(n);
	status = fn(arg);
	fflush(stdout);
	_exit(status);
}

int nth_child(unsigned int n, int (*fn)(void *arg), void *arg, bool *fired)
{
	char path[64];
	siginfo_t info;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "fork");
	if (!pid)
		child(n, fn, arg);
	/* What it has left is asked of the dead: it may have become another program. */
	CHECK(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "its end");
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	*fired = !number_in(built_in ? path : NOALLOC "nth");
	if (!built_in)
		put_number(NOALLOC, "nth", 0);
	CHECK(waitpid(pid, NULL, 0) == pid, "reaping it");
	return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}
