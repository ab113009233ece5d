// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: under load no request meets half a set or none during a replace, and after detach no program runs
 * needs: extfuse root
 * timeout: 300
 */
#include "../dying/dying.h"

enum { RUNS, REPLIES, MIXED };

static uint64_t seen(struct extfuse_ext *ext, uint32_t what)
{
	int map = bpf_object__find_map_fd_by_name(extfuse_ext__object(ext), "seen");
	uint64_t value;

	CHECK(!bpf_map_lookup_elem(map, &what, &value), "the map");
	return value;
}

int main(void)
{
	struct extfuse_ext *set[2] = { ext_load("tests/bpf/dying_one"), ext_load("tests/bpf/dying_two") };
	struct raw_opts opts = { 0 };
	struct load load = { .getattr_refused = true };
	int replaces = getenv("LONG") ? 1000 : 80;
	struct daemon d;
	uint64_t runs;
	char err[256];
	int i;

	daemon_start(&d, &opts, NULL);
	CHECK(!extfuse_ext__attach(set[0], d.ctl, d.conn, err, sizeof(err)), "attach: %s", err);
	load_start(&load, &d, 8);
	load_wait(&load, 300);
	CHECK(seen(set[0], RUNS) > 100 && !seen(set[1], RUNS), "the first set is at work");
	for (i = 1; i <= replaces; i++) {
		CHECK(!extfuse_ext__replace(set[i % 2], d.ctl, d.conn, err, sizeof(err)), "replace: %s", err);
		/* It returns when nobody of the old set runs any more. */
		runs = seen(set[!(i % 2)], RUNS);
		if (!(i % 20))
			load_wait(&load, 20);
		CHECK(seen(set[!(i % 2)], RUNS) == runs, "the old set ran after replace");
	}
	CHECK(!load.answered, "%llu times GETATTR met no set", (long long)load.answered);
	CHECK(!load.gone && !load.other, "no request failed otherwise");
	for (i = 0; i < 2; i++) {
		CHECK(seen(set[i], REPLIES), "replies were seen");
		CHECK(!seen(set[i], MIXED), "%llu replies came from the other set's requests",
		      (long long)seen(set[i], MIXED));
	}

	/* Detach: the daemon answers from now on, and the counter stands still. */
	CHECK(!extfuse_conn__detach(d.ctl, d.conn), "detach");
	runs = seen(set[replaces % 2], RUNS) + seen(set[replaces % 2], REPLIES);
	load_wait(&load, 300);
	CHECK(load.answered, "GETATTR reaches the daemon");
	CHECK(seen(set[replaces % 2], RUNS) + seen(set[replaces % 2], REPLIES) == runs,
	      "a program ran after detach");
	load_end(&load);
	CHECK(!load.gone && !load.other, "no request failed");
	daemon_end(&d);
	extfuse_ext__free(set[0]);
	extfuse_ext__free(set[1]);
	nothing_loaded("the end");
	return 0;
}
