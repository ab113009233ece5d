// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a reply program's refusal is paid back: a FORGET for LOOKUP, RELEASE and RELEASEDIR for handles; changes stand
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *file;

static void refuse(uint32_t opcode)
{
	script_clear(s);
	script_set(s, EXTFUSE_PHASE_REPLY, opcode, &(struct script_rule){ .verdict = -EACCES }, NULL, 0);
	raw_reset(rf);
}

static void asked(uint32_t opcode)
{
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, opcode).done >= 1, "the reply program of %s must be asked", raw_opname(opcode));
	CHECK(raw_count(rf, opcode) >= 1, "%s must have come to the daemon", raw_opname(opcode));
}

static void paid(void)
{
	uint64_t before = raw_forgets(rf, file->id);
	struct stat st;
	int fd;

	refuse(FUSE_LOOKUP);
	CHECK(stat("mnt/a", &st) && errno == EACCES, "LOOKUP must be refused");
	asked(FUSE_LOOKUP);
	CHECK(raw_until(5, raw_forgets(rf, file->id) == before + 1), "the count of a refused LOOKUP must come back");
	CHECK(file->nlookup == 0, "nobody has the node");

	refuse(FUSE_OPEN);
	fd = open("mnt/a", O_RDONLY);
	CHECK(fd < 0 && errno == EACCES, "OPEN must be refused");
	asked(FUSE_OPEN);
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "its handle must be released");

	refuse(FUSE_OPENDIR);
	fd = open("mnt", O_RDONLY | O_DIRECTORY);
	CHECK(fd < 0 && errno == EACCES, "OPENDIR must be refused");
	asked(FUSE_OPENDIR);
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASEDIR) == 1), "its handle must be released");
}

static void looks(void)
{
	char buf[64];
	struct stat st;
	int fd = open("mnt/a", O_RDONLY | O_DIRECT);

	CHECK(fd >= 0, "open");
	refuse(FUSE_GETATTR);
	CHECK(stat("mnt/a", &st) && errno == EACCES, "GETATTR");
	asked(FUSE_GETATTR);
	refuse(FUSE_GETXATTR);
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) < 0 && errno == EACCES, "GETXATTR");
	asked(FUSE_GETXATTR);
	refuse(FUSE_READLINK);
	CHECK(readlink("mnt/l", buf, sizeof(buf)) < 0 && errno == EACCES, "READLINK");
	asked(FUSE_READLINK);
	refuse(FUSE_READ);
	CHECK(pread(fd, buf, 4, 0) < 0 && errno == EACCES, "READ");
	asked(FUSE_READ);
	close(fd);
	script_clear(s);
}

/* What has changed something has happened: the program's word comes too late. */
static void changes(void)
{
	static const uint32_t ops[] = { FUSE_CREATE, FUSE_MKDIR, FUSE_UNLINK, FUSE_RMDIR, FUSE_SETATTR, FUSE_LINK,
		FUSE_SYMLINK, FUSE_RENAME2, FUSE_RENAME, FUSE_SETXATTR, FUSE_REMOVEXATTR, FUSE_WRITE, FUSE_FALLOCATE,
		FUSE_FLUSH, FUSE_FSYNC, FUSE_RELEASE };
	unsigned int i;
	int fd;

	script_clear(s);
	raw_reset(rf);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		script_set(s, EXTFUSE_PHASE_REPLY, ops[i], &(struct script_rule){ .verdict = -EACCES }, NULL, 0);
	fd = open("mnt/new", O_CREAT | O_RDWR, 0644);
	CHECK(fd >= 0, "CREATE cannot be refused");
	CHECK(write(fd, "x", 1) == 1 && !fsync(fd), "WRITE and FSYNC");
	CHECK(!posix_fallocate(fd, 0, 10) && !fchmod(fd, 0600), "FALLOCATE and SETATTR");
	CHECK(!close(fd), "FLUSH");
	CHECK(!mkdir("mnt/dir", 0755) && !rmdir("mnt/dir"), "MKDIR and RMDIR");
	CHECK(!symlink("a", "mnt/sym") && !link("mnt/new", "mnt/new2"), "SYMLINK and LINK");
	CHECK(!rename("mnt/new2", "mnt/new3") && !unlink("mnt/new3"), "RENAME and UNLINK");
	CHECK(!renameat2(AT_FDCWD, "mnt/new", AT_FDCWD, "mnt/new4", RENAME_NOREPLACE), "RENAME2");
	CHECK(!setxattr("mnt/new4", "user.x", "v", 1, 0) && !removexattr("mnt/new4", "user.x"), "xattrs");
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		CHECK(raw_until(5, script_get(s, EXTFUSE_PHASE_REPLY, ops[i]).done >= 1),
		      "the reply program of %s must be asked", raw_opname(ops[i]));
		CHECK(raw_count(rf, ops[i]), "%s must have come", raw_opname(ops[i]));
	}
	script_clear(s);
}

/* O_TRUNC in OPEN itself has changed something, other OPENs have not. */
static void truncating_open(void)
{
	int fd;

	refuse(FUSE_OPEN);
	fd = open("mnt/a", O_RDWR | O_TRUNC);
	CHECK(fd >= 0, "an OPEN that has truncated cannot be refused");
	asked(FUSE_OPEN);
	CHECK(file->attr.size == 0, "it has");
	close(fd);
	CHECK(open("mnt/a", O_RDWR) < 0 && errno == EACCES, "another can");
	script_clear(s);
}

int main(void)
{
	rf = raw_start(&(struct raw_opts){ .flags = FUSE_ATOMIC_O_TRUNC });
	s = script_attach(rf, "script", NULL);
	file = raw_file(rf, "/a", "text", 4);
	raw_symlink(rf, "/l", "a");
	CHECK(raw_init_flags(rf) & FUSE_ATOMIC_O_TRUNC, "O_TRUNC goes with OPEN");
	paid();
	looks();
	changes();
	truncating_open();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
