// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a readahead READ can be answered, refused, badly answered: each ends exactly once, and nobody waits for ever
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *file;

static ssize_t read_fresh(char *buf, size_t size)
{
	int fd = open("mnt/a", O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0, "open");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	raw_reset(rf);
	n = pread(fd, buf, size, 0);
	close(fd);
	return n;
}

int main(void)
{
	const struct script_event *e;
	struct script_rule rule = { .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_DATA } } };
	char buf[64];
	int i;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC, .attr_ns = 1000 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	file = raw_file(rf, "/a", "text", 4);

	script_record(s, true);
	CHECK(read_fresh(buf, sizeof(buf)) == 4, "read");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_READ);
	CHECK(e->req.flags & EXTFUSE_F_BACKGROUND, "a readahead must be in the background, flags are %x", e->req.flags);
	CHECK(e->req.pid == (uint32_t)getpid(), "it has a caller");
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_READ);
	CHECK(e->req.flags & EXTFUSE_F_BACKGROUND && e->req.pid == (uint32_t)getpid(), "the reply has the same caller");
	CHECK(!e->out_result[0] && e->req.out_size[0] == 4 && !memcmp(e->out[0], "text", 4), "and the daemon's bytes");

	for (i = 0; i < 20; i++) {
		script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &rule, "TEXT", 4);
		CHECK(read_fresh(buf, sizeof(buf)) == 4 && !memcmp(buf, "TEXT", 4), "what the program wrote");
		CHECK(!raw_count(rf, FUSE_READ), "the daemon is not asked");
		script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
		CHECK(read_fresh(buf, sizeof(buf)) < 0, "refused");
		CHECK(!raw_count(rf, FUSE_READ), "the daemon is not asked");
		script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &(struct script_rule){ .verdict = 9 }, "xy", 2);
		CHECK(read_fresh(buf, sizeof(buf)) == 4 && !memcmp(buf, "text", 4), "the daemon's after a bad verdict");
		CHECK(raw_count(rf, FUSE_READ), "the daemon is asked");
	}
	CHECK(raw_until(5, !raw_in_flight(rf)), "nothing may wait: %u", raw_in_flight(rf));
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
