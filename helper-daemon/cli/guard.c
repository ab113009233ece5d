// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of its own for what may crash, see guard.h.
 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

static int in_child(guard_fn fn, void *arg)
{
	const struct rlimit no_core = { 0, 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int status;

	setrlimit(RLIMIT_CORE, &no_core);
	out = open_memstream(&text, &size);
	if (!out)
		return cli_fail("out of memory");
	status = fn(arg, out);
	if (fclose(out))
		return cli_fail("out of memory");
	fwrite(text, 1, size, stdout);
	free(text);
	return fflush(stdout) ? 1 : status;
}

static bool is_crash(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT || sig == SIGFPE || sig == SIGILL;
}

int guard_run(guard_fn fn, void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return cli_fail("cannot start a process: %s", strerror(errno));
	if (!pid)
		_exit(in_child(fn, arg));
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return cli_fail("cannot wait for a process: %s", strerror(errno));
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* Not by itself: nobody reads the pipe, or somebody has ended it, which is for this process too. */
	if (!is_crash(WTERMSIG(status)))
		raise(WTERMSIG(status));
	return -1;
}
