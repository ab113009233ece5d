// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: after a bad verdict, and after 0 with an output that nobody wrote, the daemon's answer arrives whole
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Variable outputs (GETXATTR, LISTXATTR, READLINK, READ, READDIR, some of them in pages): what a program wrote, and the
 * size that it gave, must be gone.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static const uint32_t ops[] = { FUSE_GETXATTR, FUSE_LISTXATTR, FUSE_READLINK, FUSE_READ, FUSE_READDIR };
static char value[100], target[200], data[5000];
static struct rawfuse *rf;
static struct script *s;

static void read_file(int flags)
{
	int fd = open("mnt/a", O_RDONLY | flags);
	char buf[8192], *map;
	ssize_t n;

	CHECK(fd >= 0, "open");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	n = pread(fd, buf, sizeof(buf), 0);
	CHECK(n == sizeof(data) && !memcmp(buf, data, n), "READ must give the daemon's %zu bytes, not %zd", sizeof(data), n);
	if (!flags) {
		map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
		for (n = sizeof(data); n < 8192; n++)
			CHECK(!map[n], "byte %zd behind the end must be zero", n);
		munmap(map, 8192);
	}
	close(fd);
}

/* The rules are on; each request must come to the daemon. */
static void use(const char *what)
{
	struct extfuse_op_stats st;
	char buf[4096];
	unsigned int i;
	ssize_t n;

	raw_reset(rf);
	n = getxattr("mnt/a", "user.x", buf, sizeof(buf));
	CHECK(n == sizeof(value) && !memcmp(buf, value, n), "%s: GETXATTR must give the daemon's value, not %zd bytes", what, n);
	n = listxattr("mnt/a", buf, sizeof(buf));
	CHECK(n == 7 && !memcmp(buf, "user.x", 7), "%s: LISTXATTR, not %zd bytes", what, n);
	n = readlink("mnt/l", buf, sizeof(buf));
	CHECK(n == sizeof(target) - 1 && !memcmp(buf, target, n), "%s: READLINK, not %zd bytes", what, n);
	read_file(O_DIRECT);
	read_file(0);
	CHECK(case_list("mnt", NULL, 0) == 4, "%s: READDIR must give 4 entries", what);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		struct script_rule rule = script_get(s, EXTFUSE_PHASE_REQUEST, ops[i]);

		st = script_stats(rf, ops[i]);
		CHECK(raw_count(rf, ops[i]) && rule.done, "%s: program and daemon must be asked %s", what, raw_opname(ops[i]));
		CHECK(!rule.write_result, "%s: %s must take what is written, not give %d", what, raw_opname(ops[i]),
		      rule.write_result);
		CHECK(st.bad >= rule.done, "%s: %s: %llu were bad", what, raw_opname(ops[i]), (long long)st.bad);
		CHECK(!st.answered, "%s: %s must not stand", what, raw_opname(ops[i]));
	}
}

int main(void)
{
	unsigned int i;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	memset(value, 'v', sizeof(value));
	memset(target, 't', sizeof(target) - 1);
	memset(data, 'd', sizeof(data));
	raw_setxattr(rf, raw_file(rf, "/a", data, sizeof(data)), "user.x", value, sizeof(value));
	raw_symlink(rf, "/l", target);

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i], &(struct script_rule){ .verdict = 7 }, "xyz", 3);
	use("bad after a short output");
	script_clear(s);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i],
			   &(struct script_rule){ .nfresh = 2, .fresh = { { .kind = EXTFUSE_KIND_DATA },
									  { .kind = EXTFUSE_KIND_XATTR } } }, NULL, 0);
	use("0 without an output");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
