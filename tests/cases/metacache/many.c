// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: of some thousand names, there or not, none pushes out another: looking at all of them again sends no LOOKUP
 * needs: root extfuse build:tests/bpf/answer.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "xattrs.h"

#define NAMES 1000

static void look(const char *names, unsigned int n, int want)
{
	char path[32];
	struct stat st;
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "mnt/%s%u", names, i);
		CHECK((stat(path, &st) ? errno : 0) == want, "%s", path);
	}
}

/* Of each the kernel asks again: a program must have kept it. */
static void twice(const char *names, int want)
{
	unsigned int before, cold, warm;

	raw_reset(rf);
	look(names, NAMES, want);
	cold = raw_count(rf, FUSE_LOOKUP);
	CHECK(cold == NAMES, "the first time %u of %s are asked for", cold, names);
	before = stats(FUSE_LOOKUP).answered;
	look(names, NAMES, want);
	warm = raw_count_all(rf) - cold;
	CHECK(!warm, "the second time %s: %s", names, raw_asked(rf));
	CHECK(stats(FUSE_LOOKUP).answered - before == NAMES, "and a program answers each");
}

int main(void)
{
	const struct extfuse_options opts = { .actimeo_ns = LONG_NS };
	char path[512];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/tests/bpf/answer.bpf.o", getenv("EXTFUSE_BUILD"));
	rf = raw_start(&(struct raw_opts){ .dir = "mnt" });
	attach(path, &opts);
	for (i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "/there%u", i);
		raw_file(rf, path, "text", 4);
	}
	twice("there", 0);
	twice("none", ENOENT);
	raw_reset(rf);
	look("there", NAMES, 0);
	CHECK(!raw_count_all(rf), "those that are there, after the others: %s", raw_asked(rf));
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
