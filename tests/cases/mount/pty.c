// SPDX-License-Identifier: GPL-2.0-only
/*
 * For scripts: runs a command in a terminal of 24 lines and 80 columns, and copies what it shows to the
 * standard output.  Ends as the command does.
 */
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char buf[4096];
	int master, status;
	ssize_t n;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0) {
		fprintf(stderr, "pty: %s\n", strerror(errno));
		return 2;
	}
	if (!pid) {
		setenv("TERM", "linux", 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	/* EIO: the command has ended. */
	while ((n = read(master, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, n) != n)
			return 2;
	}
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
