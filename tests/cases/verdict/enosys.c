// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an -ENOSYS that a caller sees is the daemon's own, in both phases: fuse switches an operation off for good by it
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static int no(struct raw_req *req)
{
	(void)req;
	return -ENOSYS;
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC, .attr_ns = 1000 * RAW_SEC });
	struct script *s = script_attach(rf, "script", NULL);
	struct script_rule nosys = { .verdict = -ENOSYS };
	static const uint32_t ops[] = { FUSE_GETXATTR, FUSE_ACCESS, FUSE_FLUSH, FUSE_FSYNC, FUSE_LSEEK };
	char buf[16];
	unsigned int i;
	int fd, round;

	raw_setxattr(rf, raw_file(rf, "/a", "text", 4), "user.x", "v", 1);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i], &nosys, NULL, 0);
		script_set(s, EXTFUSE_PHASE_REPLY, ops[i], &nosys, NULL, 0);
	}
	for (round = 1; round <= 3; round++) {
		CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) == 1, "GETXATTR");
		CHECK(!access("mnt/a", R_OK), "ACCESS");
		fd = open("mnt/a", O_RDWR);
		CHECK(fd >= 0 && !fsync(fd), "FSYNC");
		CHECK(lseek(fd, 1, SEEK_DATA) == 1, "LSEEK");
		CHECK(!close(fd), "FLUSH");
		for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
			CHECK(raw_count(rf, ops[i]) == (uint64_t)round, "%s must still reach the daemon in round %d: %llu",
			      raw_opname(ops[i]), round, (long long)raw_count(rf, ops[i]));
	}
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		CHECK(script_get(s, EXTFUSE_PHASE_REPLY, ops[i]).done == 3, "the reply program of %s must have run",
		      raw_opname(ops[i]));

	raw_on(rf, FUSE_GETXATTR, no, NULL);
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) < 0 && errno == EOPNOTSUPP, "the daemon's own counts");
	raw_reset(rf);
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) < 0 && errno == EOPNOTSUPP, "for good");
	CHECK(!raw_count(rf, FUSE_GETXATTR), "and without a request");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
