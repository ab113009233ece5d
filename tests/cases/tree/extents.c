// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: files of a tree share data as those below do, by FICLONE, FICLONERANGE, FIDEDUPERANGE and copy_file_range(), and say where it lies
 * needs: extfuse root xfs loop mkfs.xfs
 * timeout: 120
 */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tree.h"

#define SIZE	(256 * 1024)

static char text[SIZE];

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	CHECK(fd >= 0, "%s: %d", path, errno);
	return fd;
}

/* Where the data of a file begins on its disk, and whether others have it as well. */
static __u64 begins(const char *path, bool *shared)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extent;
	} where = { .map = { .fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 1 } };
	int fd = opened(path, O_RDONLY);

	CHECK(!ioctl(fd, FS_IOC_FIEMAP, &where) && where.map.fm_mapped_extents == 1, "%s: FIEMAP: %d", path, errno);
	close(fd);
	*shared = where.map.fm_extents[0].fe_flags & FIEMAP_EXTENT_SHARED;
	return where.map.fm_extents[0].fe_physical;
}

static void same_data(const char *one, const char *two, bool expected, const char *what)
{
	bool one_shared, two_shared;
	__u64 a = begins(one, &one_shared), b = begins(two, &two_shared);

	CHECK((a == b && one_shared && two_shared) == expected, "%s: %llx and %llx", what, a, b);
}

static void has_text(const char *path)
{
	static char buf[SIZE];
	int fd = opened(path, O_RDONLY);

	CHECK(read(fd, buf, SIZE) == SIZE && !memcmp(buf, text, SIZE), "%s has the text", path);
	CHECK(lseek(fd, 0, SEEK_END) == SIZE, "%s: its size", path);
	close(fd);
}

static void cloned(void)
{
	int from = opened("mnt/file", O_RDONLY), to = opened("mnt/clone", O_RDWR | O_CREAT), reader;
	struct file_clone_range range = { .src_fd = from, .src_length = SIZE };

	CHECK(!ioctl(to, FICLONE, from), "FICLONE: %d", errno);
	same_data("mnt/file", "mnt/clone", true, "FICLONE");
	same_data("src/file", "mnt/clone", true, "FICLONE, from below");
	has_text("mnt/clone");
	CHECK(pwrite(to, "x", 1, 0) == 1 && !fsync(to), "a write");
	same_data("mnt/file", "mnt/clone", false, "written");
	has_text("mnt/file");
	CHECK(!ftruncate(to, 0) && !ioctl(to, FICLONERANGE, &range), "FICLONERANGE: %d", errno);
	same_data("mnt/file", "mnt/clone", true, "FICLONERANGE");
	has_text("mnt/clone");
	/* Set-id bits go as they do when it is written to. */
	CHECK(!fchown(to, 1000, 1000) && !fchmod(to, 06755), "set-id");
	if (!fork()) {
		struct stat st;

		CHECK(!setgid(1001) && !setuid(1001) && !ioctl(to, FICLONE, from), "by bob, who was given it");
		CHECK(!fstat(to, &st) && !(st.st_mode & 06000), "%o", st.st_mode);
		_exit(0);
	}
	CHECK(wait(&(int){ 0 }) > 0, "bob");
	reader = opened("mnt/clone", O_RDONLY);
	CHECK(ioctl(reader, FICLONE, from) && errno == EBADF, "onto what is open for reading: %d", errno);
	close(reader);
	close(from);
	close(to);
}

/* What may only be appended to is not cloned over, whoever has it open. */
static void append_only(void)
{
	int from = opened("mnt/file", O_RDONLY), log = opened("mnt/log", O_RDWR | O_CREAT | O_APPEND), flags;
	char buf[4];

	CHECK(write(log, "kept", 4) == 4 && !ioctl(log, FS_IOC_GETFLAGS, &flags), "a log");
	CHECK(!ioctl(log, FS_IOC_SETFLAGS, &(int){ flags | FS_APPEND_FL }), "append-only");
	CHECK(!fcntl(log, F_SETFL, 0) || errno == EPERM, "without O_APPEND");
	CHECK(ioctl(log, FICLONE, from) && errno == EBADF, "cloned over: %d", errno);
	CHECK(pread(log, buf, 4, 0) == 4 && !memcmp(buf, "kept", 4), "what was there is kept");
	CHECK(!ioctl(log, FS_IOC_SETFLAGS, &flags), "not append-only any more");
	close(from);
	close(log);
}

/* What is stored in a mapping of the daemon's handle has a place below before that is told. */
static void daemons_pages(void)
{
	int fd = opened("mnt/mapped", O_RDWR | O_CREAT);
	bool shared;
	char *map;

	CHECK(!ftruncate(fd, SIZE), "a hole");
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	map[0] = 'x';
	begins("mnt/mapped", &shared);
	CHECK(!munmap(map, SIZE) && !close(fd), "munmap");
}

static void deduped(void)
{
	int from = opened("mnt/file", O_RDONLY), to = opened("mnt/same", O_RDWR | O_CREAT);
	struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info;
	} d = { .range = { .src_length = SIZE, .dest_count = 1 }, .info = { .dest_fd = to } };

	CHECK(write(to, text, SIZE) == SIZE && !fsync(to), "the same text");
	same_data("mnt/file", "mnt/same", false, "written");
	CHECK(!ioctl(from, FIDEDUPERANGE, &d) && d.info.status == FILE_DEDUPE_RANGE_SAME &&
	      d.info.bytes_deduped == SIZE, "FIDEDUPERANGE: %d, status %d", errno, d.info.status);
	same_data("mnt/file", "mnt/same", true, "FIDEDUPERANGE");
	has_text("mnt/same");
	CHECK(pwrite(to, "y", 1, 0) == 1, "another text");
	CHECK(!ioctl(from, FIDEDUPERANGE, &d) && d.info.status == FILE_DEDUPE_RANGE_DIFFERS, "it differs: %d, status %d",
	      errno, d.info.status);
	close(from);
	close(to);
}

static void copied(void)
{
	int from = opened("mnt/file", O_RDONLY), to = opened("mnt/copy", O_RDWR | O_CREAT);

	CHECK(copy_file_range(from, NULL, to, NULL, SIZE, 0) == SIZE, "copy_file_range: %d", errno);
	same_data("mnt/file", "mnt/copy", true, "copy_file_range()");
	has_text("mnt/copy");
	close(from);
	close(to);
}

static void policy(void)
{
	int from = opened("mnt/file", O_RDONLY), to = opened("mnt/policy", O_RDWR | O_CREAT);

	CHECK(!run("extfuse replace $PWD/mnt readonly"), "readonly");
	CHECK(ioctl(to, FICLONE, from) && errno == EOPNOTSUPP, "what a policy would not copy is not shared: %d", errno);
	CHECK(!run("extfuse detach $PWD/mnt"), "detach");
	CHECK(!ioctl(to, FICLONE, from), "its handles are on the files below");
	close(from);
	close(to);
}

int main(void)
{
	unsigned long long before;
	int fd;

	umask(0);
	memset(text, 'x', sizeof(text));
	CHECK(!chmod(".", 0755) && !mkdir("src", 0755) &&
	      !run("modprobe loop && truncate -s 320M image && mkfs.xfs -q image && mount -o loop image src"), "xfs");
	tree_mount_of("src");
	before = sent_up();
	fd = opened("mnt/file", O_RDWR | O_CREAT);
	CHECK(write(fd, text, SIZE) == SIZE && !fsync(fd) && !close(fd), "a text");
	cloned();
	deduped();
	copied();
	append_only();
	CHECK(sent_up() == before, "nobody is asked");
	policy();
	daemons_pages();
	tree_umount();
	CHECK(!umount("src"), "nothing is in use below");
	return 0;
}
