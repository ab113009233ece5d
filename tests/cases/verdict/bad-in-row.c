// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: after 1,000 bad verdicts in a row, and not before, the extension is detached, and the log says so once
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 120
 */
#include <sys/klog.h>
#include <sys/stat.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;

static unsigned int log_lines(const char *text)
{
	static char buf[1 << 20];
	int n = klogctl(3, buf, sizeof(buf) - 1);
	unsigned int found = 0;
	char *p = buf;

	CHECK(n >= 0, "the kernel log");
	buf[n] = 0;
	while ((p = strstr(p, text))) {
		found++;
		p++;
	}
	return found;
}

static void ask(unsigned int times, int verdict)
{
	struct stat st;

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &(struct script_rule){ .verdict = verdict }, NULL, 0);
	raw_reset(rf);
	while (times--)
		CHECK(!stat("mnt", &st), "a bad verdict hurts nobody");
}

int main(void)
{
	const char *line = "bad verdicts in a row";
	unsigned int before = log_lines(line);

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", NULL);
	ask(999, 2);
	CHECK(raw_count(rf, FUSE_GETATTR) == 999, "each of them went to the daemon");
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "999 are not enough");
	ask(1, EXTFUSE_UPCALL);
	ask(999, -600);
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "a good one between them begins the row anew");
	CHECK(log_lines(line) == before, "nothing is said yet");
	ask(1, 2);
	CHECK(script_state(rf) == EXTFUSE_STATE_BAD_VERDICTS, "1,000 are enough");
	ask(10, -EPERM);
	CHECK(raw_count(rf, FUSE_GETATTR) == 10, "no program is asked any more");
	CHECK(log_lines(line) == before + 1, "the log says so once");
	script_free(s);

	s = script_attach(rf, "script", NULL);
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "a repaired one can be attached");
	ask(999, 2);
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "the row begins anew with the attachment");
	script_free(s);
	raw_stop(rf);
	return 0;
}
