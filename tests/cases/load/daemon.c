// SPDX-License-Identifier: GPL-2.0-only
/*
 * For load/both-fuses and load/tracepoints: serves a small tree, of either module, until a signal:
 * daemon fuse|extfuse DIR.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "rawfuse.h"
#include "case.h"

int main(int argc, char **argv)
{
	struct raw_opts opts = { .type = argv[1], .dir = argc > 2 ? argv[2] : NULL };
	struct rawfuse *rf;
	sigset_t set;
	int sig;

	CHECK(argc == 3, "usage: daemon TYPE DIR");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	rf = raw_start(&opts);
	raw_file(rf, "/file", argv[1], strlen(argv[1]));
	printf("ready\n");
	fflush(stdout);
	sigwait(&set, &sig);
	raw_stop(rf);
	return 0;
}
