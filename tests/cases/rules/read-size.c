// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a READ answer stands only with exactly the bytes that are there; what lies behind them is zero
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

#define SIZE	1000

static struct rawfuse *rf;
static struct script *s;
static char good[SCRIPT_OUT], own[SIZE];

static void check(const char *what, int flags, off_t offset, size_t first, size_t size, bool stands)
{
	struct script_rule rule = { .first_size = first, .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_DATA } } };
	size_t want = offset < SIZE ? SIZE - offset : 0;
	int fd = open("mnt/a", O_RDONLY | flags);
	char buf[4096], *map;
	ssize_t n;

	CHECK(fd >= 0, "open");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &rule, good, sizeof(good));
	rule = script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_READ);
	rule.out_size = size;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &rule, NULL, 0);
	raw_reset(rf);
	n = pread(fd, buf, sizeof(buf), offset);
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_READ).done, "%s: the program must be asked", what);
	CHECK(n == (ssize_t)want, "%s: %zu bytes must come, not %zd", what, want, n);
	CHECK(!memcmp(buf, stands ? good : own + offset, want), "%s: %s bytes", what, stands ? "the program's" : "the daemon's");
	CHECK(!raw_count(rf, FUSE_READ) == stands, "%s: the daemon is asked only when the answer does not stand", what);
	if (!flags) {
		map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		for (n = SIZE; n < 4096; n++)
			CHECK(!map[n], "%s: byte %zd behind the end must be zero", what, n);
		munmap(map, 4096);
	}
	close(fd);
}

int main(void)
{
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .attr_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	memset(good, 'P', sizeof(good));
	memset(own, 'd', sizeof(own));
	raw_file(rf, "/a", own, sizeof(own));
	CHECK(!stat("mnt/a", &st), "stat");

	check("exact", 0, 0, 0, SIZE, true);
	check("exact, direct", O_DIRECT, 0, 0, SIZE, true);
	check("exact from the middle, direct", O_DIRECT, 300, 0, SIZE - 300, true);
	/* What was written before the last word on it must not stay behind the end. */
	check("exact after a whole page", 0, 0, 4096, SIZE, true);
	check("short", 0, 0, 0, SIZE - 1, false);
	check("short, direct", O_DIRECT, 0, 0, SIZE - 1, false);
	check("nothing", O_DIRECT, 0, 0, 0, false);
	check("long", 0, 0, 0, SIZE + 1, false);
	check("a whole page", 0, 0, 0, 4096, false);
	check("long, direct", O_DIRECT, 300, 0, SIZE, false);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
