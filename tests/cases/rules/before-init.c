// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: before the daemon has answered INIT requests wait as in fuse; no program is asked in its place
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules.h"

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .no_init = true });
	struct script *s = script_attach(rf, "script", NULL);
	struct stat st;
	int status;
	pid_t pid;

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	pid = fork();
	if (!pid)
		_exit(stat("mnt", &st) ? errno : 0);
	raw_sleep_ms(1000);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "before INIT a request must wait");
	CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).matched, "and no program be asked");
	raw_init(rf);
	CHECK(waitpid(pid, &status, 0) == pid, "after INIT it must end");
	CHECK(stat("mnt", &st) && errno == EPERM, "and the program be asked from then on");
	script_clear(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
