// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the module parameter programs=0 stops programs of both phases at once, 1 starts them again
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static void programs(const char *value)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "programs=%s", value);
	close(fd);
}

static void programs_on(void)
{
	programs("1");
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct script *s = script_attach(rf, "script", NULL);
	struct script_rule refuse = { .verdict = -EPERM };
	struct stat st;

	atexit(programs_on);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &refuse, NULL, 0);
	CHECK(stat("mnt", &st) && errno == EPERM, "the request program must be asked");
	programs("0");
	CHECK(!stat("mnt", &st), "with programs=0 it must not");
	CHECK(script_state(rf) == EXTFUSE_STATE_PROGRAMS_OFF, "the state says so");
	programs("1");
	CHECK(stat("mnt", &st) && errno == EPERM, "with programs=1 it must be asked again");

	script_clear(s);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR, &refuse, NULL, 0);
	CHECK(stat("mnt", &st) && errno == EPERM, "the reply program must be asked");
	programs("0");
	CHECK(!stat("mnt", &st), "with programs=0 it must not");
	programs("1");
	script_detach(s);
	CHECK(!stat("mnt", &st), "nor when it is detached");
	script_free(s);
	raw_stop(rf);
	return 0;
}
