// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: work on files and directories that are passed through reaches no daemon: not one request
 * needs: extfuse ext4 root
 * timeout: 120
 *
 * The same work is done with metacache first: there the daemon must have seen each of these requests.
 */
#include <dirent.h>
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rawfuse.h"
#include "rawnew.h"

#define FILES	20
#define PAGE	4096

static char page[PAGE];

static void name_of(char *path, int i)
{
	sprintf(path, "mnt/dir/file-%d", i);
}

static void work_data(int fd)
{
	int pipes[2];
	char *map;

	CHECK(pwrite(fd, page, PAGE, 0) == PAGE && pread(fd, page, PAGE, 0) == PAGE, "write, read");
	CHECK(lseek(fd, 0, SEEK_DATA) == 0 && lseek(fd, 0, SEEK_END) == PAGE, "lseek");
	CHECK(!fallocate(fd, 0, 0, 2 * PAGE) && !fsync(fd) && !fdatasync(fd), "fallocate, fsync");
	CHECK(copy_file_range(fd, &(off_t){ 0 }, fd, &(off_t){ PAGE }, 100, 0) == 100, "copy");
	CHECK(!pipe(pipes) && splice(fd, &(off_t){ 0 }, pipes[1], NULL, 100, 0) == 100, "splice");
	CHECK(splice(pipes[0], NULL, fd, &(off_t){ 0 }, 100, 0) == 100, "splice");
	close(pipes[0]);
	close(pipes[1]);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	map[1]++;
	CHECK(!msync(map, PAGE, MS_SYNC) && !munmap(map, PAGE), "msync");
	CHECK(!ftruncate(fd, PAGE), "ftruncate");
}

static void work_attr(const char *path, int fd)
{
	char value[64];
	struct statvfs vfs;
	struct statx stx;
	struct stat st;

	CHECK(!fstat(fd, &st) && !stat(path, &st) && st.st_size == PAGE, "stat");
	CHECK(!statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, &stx), "statx");
	CHECK(!fchmod(fd, 0600) && !chmod(path, 0644) && !futimens(fd, NULL) && !chown(path, 0, 0), "setattr");
	CHECK(!setxattr(path, "user.u", "x", 1, 0) && getxattr(path, "user.u", value, sizeof(value)) == 1, "xattr");
	CHECK(fgetxattr(fd, "user.none", value, sizeof(value)) < 0 && errno == ENODATA, "no xattr");
	CHECK(listxattr(path, value, sizeof(value)) > 0 && !removexattr(path, "user.u"), "listxattr");
	CHECK(getxattr(path, "system.posix_acl_access", value, sizeof(value)) < 0 && errno == ENODATA, "no ACL");
	CHECK(!access(path, R_OK | W_OK) && !fstatvfs(fd, &vfs), "access, statfs");
	CHECK(readlink("mnt/dir/link", value, sizeof(value)) == 6, "readlink");
}

static void work_dir(void)
{
	DIR *d = opendir("mnt/dir");
	int n = 0;

	CHECK(d, "opendir");
	while (readdir(d))
		n++;
	rewinddir(d);
	while (readdir(d))
		n++;
	CHECK(n == 2 * (FILES + 3), "%d entries", n);
	CHECK(!fsync(dirfd(d)), "fsync of a directory");
	closedir(d);
}

static void work(void)
{
	char path[64];
	int i, fd;

	for (i = 0; i < FILES; i++) {
		name_of(path, i);
		fd = open(path, O_RDWR | (i % 2 ? O_TRUNC : 0) | O_CLOEXEC);
		CHECK(fd >= 0, "%s", path);
		work_data(fd);
		work_attr(path, fd);
		close(fd);
	}
	work_dir();
}

/* Made below, so that no handle of the daemon is about; all names are looked up once. */
static void make(void)
{
	struct stat st;
	char path[64];
	int i, fd;

	CHECK(!mkdir("low/dir", 0755) && !symlink("target", "low/dir/link"), "below");
	for (i = 0; i < FILES; i++) {
		sprintf(path, "low/dir/file-%d", i);
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		CHECK(fd >= 0 && write(fd, page, PAGE) == PAGE, "%s", path);
		close(fd);
	}
	for (i = 0; i < FILES; i++) {
		name_of(path, i);
		CHECK(!stat(path, &st), "%s", path);
	}
	CHECK(!lstat("mnt/dir/link", &st), "the link");
}

static void counters(struct extfuse_op_stats *ops)
{
	int fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	struct stat st;

	CHECK(fd >= 0 && !stat("mnt", &st), "the connection");
	CHECK(!extfuse_conn__stats(fd, minor(st.st_dev), ops), "counters");
	close(fd);
}

static const uint32_t seen_natively[] = {
	FUSE_OPEN, FUSE_READ, FUSE_WRITE, FUSE_FLUSH, FUSE_RELEASE, FUSE_FSYNC, FUSE_GETATTR, FUSE_SETATTR, FUSE_GETXATTR,
	FUSE_SETXATTR, FUSE_LISTXATTR, FUSE_REMOVEXATTR, FUSE_OPENDIR, FUSE_RELEASEDIR,
	FUSE_FSYNCDIR, FUSE_STATFS, FUSE_LSEEK, FUSE_FALLOCATE, FUSE_COPY_FILE_RANGE,
};

/* What the kernel then does itself; READ, WRITE, FLUSH, RELEASE and RELEASEDIR are no requests at all on handles of its own. */
static const struct {
	uint32_t opcode, instead;	/* either of the two, if there are two */
	uint64_t least;
} passed_through[] = {
	{ FUSE_OPEN, 0, FILES }, { FUSE_GETATTR, 0, 2 * FILES }, { FUSE_SETATTR, 0, 4 * FILES }, { FUSE_GETXATTR, 0, 2 * FILES },
	{ FUSE_SETXATTR, 0, FILES }, { FUSE_LISTXATTR, 0, FILES }, { FUSE_REMOVEXATTR, 0, FILES }, { FUSE_STATFS, 0, FILES },
	{ FUSE_FSYNC, 0, 2 * FILES }, { FUSE_LSEEK, 0, FILES }, { FUSE_FALLOCATE, 0, FILES },
	{ FUSE_COPY_FILE_RANGE, RAW_COPY_FILE_RANGE_64, FILES }, { FUSE_OPENDIR, 0, 1 }, { FUSE_READDIR, FUSE_READDIRPLUS, 2 },
	{ FUSE_FSYNCDIR, 0, 1 },
};

static void check_passed(const struct extfuse_op_stats *before, const struct extfuse_op_stats *after)
{
	unsigned int i;
	uint64_t n;

	for (i = 0; i < sizeof(passed_through) / sizeof(*passed_through); i++) {
		uint32_t one = passed_through[i].opcode, two = passed_through[i].instead;

		n = after[one].passed - before[one].passed;
		if (two)
			n += after[two].passed - before[two].passed;
		CHECK(n >= passed_through[i].least, "%s: %llu were passed through, at least %llu must have been", raw_opname(one),
		      (unsigned long long)n, (unsigned long long)passed_through[i].least);
	}
	CHECK(after[FUSE_OPEN].passed - before[FUSE_OPEN].passed == FILES, "each OPEN once");
}

static void with(const char *ext, bool passed)
{
	struct extfuse_op_stats before[EXTFUSE_OPCODES] = { 0 }, after[EXTFUSE_OPCODES] = { 0 };
	unsigned int wrong = 0, i;
	char command[256];
	uint64_t n;

	CHECK(!mkdir("low", 0755) && !mkdir("mnt", 0755), "directories");
	snprintf(command, sizeof(command), "mount -t extfuse -o ext=%s,entry_timeout=1000 $PWD/low $PWD/mnt", ext);
	CHECK(!system(command), "%s", command);
	make();
	/* The first round may find out what the daemon does not know. */
	work();
	counters(before);
	work();
	counters(after);
	for (i = 0; !passed && i < sizeof(seen_natively) / sizeof(*seen_natively); i++) {
		n = after[seen_natively[i]].upcalls - before[seen_natively[i]].upcalls;
		CHECK(n, "%s: the work must ask a daemon for %s", ext, raw_opname(seen_natively[i]));
	}
	for (i = 0; passed && i < EXTFUSE_OPCODES; i++) {
		n = after[i].upcalls - before[i].upcalls;
		if (n || after[i].passed != before[i].passed)
			printf("%-16s passed %llu sent up %llu\n", raw_opname(i),
			       (unsigned long long)(after[i].passed - before[i].passed), (unsigned long long)n);
		wrong += !!n;
	}
	CHECK(!wrong, "%u opcodes reached the daemon", wrong);
	if (passed)
		check_passed(before, after);
	CHECK(!system("umount $PWD/mnt && rm -r low mnt"), "umount");
}

static uint64_t asked_for_xattrs(void)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES] = { 0 };

	counters(ops);
	return ops[FUSE_GETXATTR].passed + ops[FUSE_GETXATTR].upcalls;
}

/* What a write takes away goes below: no write asks for it. */
static void writes_ask_nothing(void)
{
	/* Version 2, nothing but CAP_CHOWN permitted. */
	static const unsigned int capability[] = { 0x02000000, 1, 0, 0, 0 };
	char value[sizeof(capability)];
	struct stat st;
	uint64_t before;
	int fd, i;

	CHECK(!mkdir("low", 0755) && !mkdir("mnt", 0755), "directories");
	CHECK(!system("mount -t extfuse -o ext=passthrough $PWD/low $PWD/mnt"), "the mount");
	fd = open("mnt/file", O_CREAT | O_RDWR | O_CLOEXEC, 0755);
	CHECK(fd >= 0 && write(fd, page, PAGE) == PAGE, "a file");
	before = asked_for_xattrs();
	for (i = 0; i < 100; i++)
		CHECK(pwrite(fd, page, PAGE, 0) == PAGE && !fstat(fd, &st), "a write");
	CHECK(asked_for_xattrs() == before, "100 writes ask %llu times for extended attributes",
	      (unsigned long long)(asked_for_xattrs() - before));
	CHECK(!setxattr("low/file", "security.capability", capability, sizeof(capability), 0), "a capability, given below");
	CHECK(pwrite(fd, page, PAGE, 0) == PAGE, "a write");
	CHECK(getxattr("low/file", "security.capability", value, sizeof(value)) < 0 && errno == ENODATA, "it must be gone");
	CHECK(asked_for_xattrs() == before, "that is for the file below, and nobody is asked");
	close(fd);
	CHECK(!system("umount $PWD/mnt && rm -r low mnt"), "umount");
}

int main(void)
{
	writes_ask_nothing();
	with("metacache", false);
	with("passthrough", true);
	return 0;
}
