// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: 0 stands only for what looks; -E not for FLUSH, RELEASE, RELEASEDIR and an unlock; writeback is never asked
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;

static void lock(int fd, int type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };

	CHECK(!fcntl(fd, F_SETLK, &lock), "lock");
}

/* Each of them once, with all that they need. */
static void use(void)
{
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("mnt/new", O_CREAT | O_RDWR | O_TRUNC, 0644), fd2, dir;

	CHECK(fd >= 0 && write(fd, "text", 4) == 4, "CREATE and WRITE");
	CHECK(!posix_fallocate(fd, 0, 100) && !fsync(fd) && !fchmod(fd, 0600), "FALLOCATE, FSYNC, SETATTR");
	CHECK(lseek(fd, 0, SEEK_DATA) == 0, "LSEEK");
	lock(fd, F_WRLCK);
	CHECK(!fcntl(fd, F_GETLK, &lk), "GETLK");
	lock(fd, F_UNLCK);
	CHECK(!close(fd), "FLUSH");
	fd = open("mnt/new", O_RDONLY);
	CHECK(fd >= 0, "OPEN");
	fd2 = open("mnt/a", O_WRONLY);
	CHECK(copy_file_range(fd, NULL, fd2, NULL, 4, 0) == 4, "COPY_FILE_RANGE");
	close(fd);
	close(fd2);
	dir = open("mnt", O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && !fsync(dir) && !close(dir), "OPENDIR, FSYNCDIR");
	CHECK(!mkdir("mnt/dir", 0755) && !rmdir("mnt/dir"), "MKDIR and RMDIR");
	CHECK(!mknod("mnt/node", S_IFIFO | 0600, 0) && !unlink("mnt/node"), "MKNOD");
	CHECK(!symlink("a", "mnt/sym") && !unlink("mnt/sym"), "SYMLINK");
	CHECK(!link("mnt/new", "mnt/new2") && !rename("mnt/new2", "mnt/new3") && !unlink("mnt/new3"), "names");
	CHECK(!renameat2(AT_FDCWD, "mnt/new", AT_FDCWD, "mnt/new4", RENAME_NOREPLACE) && !unlink("mnt/new4"), "RENAME2");
	CHECK(!setxattr("mnt/a", "user.x", "v", 1, 0) && !removexattr("mnt/a", "user.x"), "xattrs");
}

static void zero(void)
{
	static const uint32_t ops[] = { FUSE_CREATE, FUSE_WRITE, FUSE_FALLOCATE, FUSE_FSYNC, FUSE_SETATTR, FUSE_LSEEK,
		FUSE_SETLK, FUSE_GETLK, FUSE_FLUSH, FUSE_RELEASE, FUSE_OPEN, FUSE_COPY_FILE_RANGE, FUSE_OPENDIR,
		FUSE_FSYNCDIR, FUSE_RELEASEDIR, FUSE_MKDIR, FUSE_RMDIR, FUSE_MKNOD, FUSE_UNLINK, FUSE_SYMLINK, FUSE_LINK,
		FUSE_RENAME, FUSE_RENAME2, FUSE_SETXATTR, FUSE_REMOVEXATTR };
	struct extfuse_op_stats st;
	struct script_rule rule;
	unsigned int i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i], &(struct script_rule){ .verdict = 0, .nfresh = 2,
			   .fresh = { { .kind = EXTFUSE_KIND_ATTR }, { .kind = EXTFUSE_KIND_DATA } } }, NULL, 0);
	raw_reset(rf);
	use();
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		CHECK(raw_until(5, script_get(s, EXTFUSE_PHASE_REQUEST, ops[i]).done >= 1 && raw_count(rf, ops[i])),
		      "program and daemon must be asked %s", raw_opname(ops[i]));
		rule = script_get(s, EXTFUSE_PHASE_REQUEST, ops[i]);
		st = script_stats(rf, ops[i]);
		CHECK(!st.answered, "0 must not stand for %s", raw_opname(ops[i]));
		CHECK(st.bad == rule.done, "0 for %s must be a bad verdict: %llu of %llu", raw_opname(ops[i]),
		      (long long)st.bad, (long long)rule.done);
	}
	script_clear(s);
}

static void refused(void)
{
	static const uint32_t ops[] = { FUSE_FLUSH, FUSE_RELEASE, FUSE_RELEASEDIR };
	struct extfuse_op_stats before[RAW_OPCODES], st;
	unsigned int i;
	int fd, dir;

	for (i = 0; i < 3; i++) {
		before[i] = script_stats(rf, ops[i]);
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i], &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	}
	raw_reset(rf);
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0 && !close(fd), "close must not fail by a program");
	dir = open("mnt", O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && !close(dir), "nor that of a directory");
	for (i = 0; i < 3; i++) {
		CHECK(raw_until(5, raw_count(rf, ops[i]) == 1), "%s must reach the daemon", raw_opname(ops[i]));
		st = script_stats(rf, ops[i]);
		CHECK(st.bad == before[i].bad + 1 && !st.failed, "it must count as bad");
	}

	fd = open("mnt/a", O_RDWR);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_SETLK, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	raw_reset(rf);
	lock(fd, F_UNLCK);
	CHECK(raw_count(rf, FUSE_SETLK) == 1, "an unlock must reach the daemon");
	CHECK(fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK, .l_len = 1 }) && errno == EPERM, "a lock can be refused");
	CHECK(raw_count(rf, FUSE_SETLK) == 1, "without the daemon");
	script_clear(s);
	close(fd);
}

static void writeback(void)
{
	struct raw_node *file = raw_file(rf, "/w", "1234", 4);
	int fd = open("mnt/w", O_RDWR);
	struct script_rule rule = { .verdict = -EPERM };
	char *map;

	CHECK(fd >= 0, "open");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_WRITE, &rule, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_WRITE, &rule, NULL, 0);
	raw_reset(rf);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	memcpy(map, "ABCD", 4);
	CHECK(!msync(map, 4096, MS_SYNC), "msync");
	/* More than one where the kernel writes it back by itself, before the store has come again. */
	CHECK(raw_count(rf, FUSE_WRITE) && !memcmp(file->data, "ABCD", 4), "writeback must arrive: %s", raw_asked(rf));
	CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_WRITE).matched, "no program may be asked about it");
	CHECK(pwrite(fd, "x", 1, 0) == 1 || errno == EPERM, "write");
	munmap(map, 4096);
	close(fd);
	script_clear(s);
}

int main(void)
{
	rf = raw_start(&(struct raw_opts){ .flags = FUSE_POSIX_LOCKS });
	s = script_attach(rf, "script", NULL);
	raw_file(rf, "/a", "text", 4);
	zero();
	refused();
	writeback();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
