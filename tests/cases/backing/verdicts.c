// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a program passes through is done on the backing object, and the daemon hears nothing of it; what cannot be is an upcall
 * needs: root extfuse ext4
 * timeout: 120
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "backing.h"

static const uint32_t passed[] = {
	FUSE_OPEN, FUSE_OPENDIR, FUSE_READDIR, FUSE_READDIRPLUS, FUSE_FSYNCDIR, FUSE_GETATTR, FUSE_SETATTR,
	FUSE_GETXATTR, FUSE_SETXATTR, FUSE_LISTXATTR, FUSE_REMOVEXATTR, FUSE_READLINK, FUSE_STATFS, FUSE_IOCTL,
};

static struct rawfuse *rf;
static struct script *s;

/* The daemon has seen nothing but what @more says since the last call. */
static void unseen(const char *what)
{
	unsigned int i, n = 0;

	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		if (!raw_count(rf, passed[i]))
			continue;
		printf("%s: the daemon saw %s (%llu of the root)\n", what, raw_opname(passed[i]),
		       (unsigned long long)raw_count_node(rf, passed[i], FUSE_ROOT_ID));
		n++;
	}
	n += raw_count(rf, FUSE_READ) + raw_count(rf, FUSE_WRITE) + raw_count(rf, FUSE_FLUSH) +
	     raw_count(rf, FUSE_RELEASE) + raw_count(rf, FUSE_RELEASEDIR) + raw_count(rf, FUSE_FSYNC) +
	     raw_count(rf, FUSE_LSEEK) + raw_count(rf, FUSE_FALLOCATE);
	CHECK(!n, "%s: %u requests reached the daemon", what, n);
	printf("%s: done\n", what);
	raw_reset(rf);
}

static void same_stat(const char *what)
{
	struct stat a, b;

	CHECK(!stat("mnt/a", &a) && !stat("low/a", &b), "%s: stat", what);
	CHECK(a.st_size == b.st_size && a.st_blocks == b.st_blocks && a.st_mode == b.st_mode &&
	      a.st_uid == b.st_uid && a.st_gid == b.st_gid && a.st_nlink == b.st_nlink,
	      "%s: size %lld, %lld, mode %o, %o", what, (long long)a.st_size, (long long)b.st_size,
	      a.st_mode, b.st_mode);
	CHECK(a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
	      a.st_ctim.tv_nsec == b.st_ctim.tv_nsec, "%s: times", what);
}

static void attributes(void)
{
	same_stat("at first");
	unseen("at first");
	CHECK(!chmod("low/a", 0640) && !truncate("low/a", 12), "below");
	same_stat("changed below");
	unseen("changed below");
	CHECK(!chmod("mnt/a", 0600) && !truncate("mnt/a", 3) && !chown("mnt/a", 12, 34), "through the mount");
	same_stat("changed through the mount");
	CHECK(!truncate("mnt/a", 0), "empty");
	CHECK(!utimensat(AT_FDCWD, "mnt/a", (struct timespec[]){ { 5, 6 }, { 7, 8 } }, 0), "times");
	same_stat("times");
	unseen("attributes");
}

static void data(void)
{
	struct iovec iov = { .iov_base = "end", .iov_len = 3 };
	int fd = open("mnt/a", O_RDWR), in;
	char buf[64] = "";
	char *map;

	CHECK(fd >= 0, "open");
	CHECK(write(fd, "hello", 5) == 5, "write");
	content("low/a", "hello");
	same_stat("written");
	CHECK(pwrite(fd, "J", 1, 0) == 1 && pread(fd, buf, sizeof(buf), 0) == 5, "pread");
	CHECK(!strcmp(buf, "Jello"), "'%s'", buf);
	CHECK(pwritev2(fd, &iov, 1, 0, RWF_APPEND) == 3, "RWF_APPEND");
	content("mnt/a", "Jelloend");
	CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && write(fd, "+", 1) == 1, "O_APPEND");
	CHECK(fcntl(fd, F_SETFL, 0) == 0 && pwrite(fd, "-", 1, 1) == 1, "and not any more");
	content("mnt/a", "J-lloend+");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	CHECK(map[2] == 'l', "mapped");
	map[2] = 'L';
	content("low/a", "J-Lloend+");
	CHECK(!munmap(map, 4096), "munmap");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED && map[0] == 'J', "private");
	CHECK(!munmap(map, 4096), "munmap");
	CHECK(!fsync(fd) && !fdatasync(fd), "fsync");
	CHECK(lseek(fd, 0, SEEK_HOLE) == 9 && lseek(fd, 0, SEEK_DATA) == 0 && lseek(fd, 0, SEEK_END) == 9, "lseek");
	CHECK(!fallocate(fd, 0, 0, 8192), "fallocate");
	same_stat("allocated");
	CHECK(!ftruncate(fd, 9), "ftruncate");
	CHECK(!flock(fd, LOCK_EX | LOCK_NB) && !flock(fd, LOCK_UN), "flock");
	in = open("mnt/b", O_RDONLY);
	CHECK(in >= 0, "the second");
	CHECK(copy_file_range(in, &(off_t){ 0 }, fd, &(off_t){ 0 }, 3, 0) == 3, "copy_file_range");
	content("mnt/a", "secloend+");
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && sendfile(fd, in, &(off_t){ 3 }, 3) == 3, "sendfile");
	content("mnt/a", "ondloend+");
	close(in);
	close(fd);
	fd = open("mnt/a", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0, "O_TRUNC");
	same_stat("truncated");
	close(fd);
	unseen("data");
}

static void names(void)
{
	unsigned int n = 0;
	struct dirent *d;
	char buf[64] = "";
	DIR *dir = opendir("mnt/d");

	CHECK(dir, "opendir");
	while ((d = readdir(dir)))
		n++;
	CHECK(n == 302, "%u entries", n);
	rewinddir(dir);
	CHECK(readdir(dir), "again");
	CHECK(!fsync(dirfd(dir)), "fsync of a directory");
	closedir(dir);
	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 6 && !strcmp(buf, "target"), "readlink '%s'", buf);
	unseen("names");
}

static void xattrs(void)
{
	struct statfs a, b;
	char buf[64] = "";

	CHECK(!setxattr("mnt/a", "user.x", "value", 5, 0), "setxattr");
	CHECK(getxattr("low/a", "user.x", buf, sizeof(buf)) == 5 && !strcmp(buf, "value"), "below '%s'", buf);
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) == 5 && getxattr("mnt/a", "user.x", NULL, 0) == 5, "get");
	CHECK(getxattr("mnt/a", "user.x", buf, 2) == -1 && errno == ERANGE, "ERANGE");
	CHECK(getxattr("mnt/a", "user.y", buf, 2) == -1 && errno == ENODATA, "ENODATA");
	CHECK(listxattr("mnt/a", buf, sizeof(buf)) == 7 && !strcmp(buf, "user.x"), "list '%s'", buf);
	CHECK(!removexattr("mnt/a", "user.x") && !listxattr("low/a", NULL, 0), "removexattr");
	CHECK(!statfs("mnt/a", &a) && !statfs("low/a", &b) && a.f_blocks == b.f_blocks, "statfs");
	unseen("xattrs");
}

int main(void)
{
	unsigned int i;
	char path[64];

	CHECK(!mkdir("low", 0755) && !mkdir("low/d", 0755), "mkdir");
	put("low/a", "file");
	put("low/b", "second");
	CHECK(!symlink("target", "low/l"), "symlink");
	for (i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "low/d/a-name-%u", i);
		put(path, "");
	}
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1",
					   .attr_ns = 100 * RAW_SEC, .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		passes(s, passed[i]);
	object(rf, raw_node(rf, 1), "low");
	object(rf, raw_file(rf, "/a", "x", 1), "low/a");
	object(rf, raw_file(rf, "/b", "x", 1), "low/b");
	object(rf, raw_mkdir(rf, "/d"), "low/d");
	object(rf, raw_symlink(rf, "/l", "other"), "low/l");
	raw_reset(rf);
	attributes();
	data();
	names();
	xattrs();
	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		struct extfuse_op_stats st = script_stats(rf, passed[i]);

		printf("%s: %llu passed, %llu upcalls, %llu bad\n", raw_opname(passed[i]),
		       (unsigned long long)st.passed, (unsigned long long)st.upcalls, (unsigned long long)st.bad);
		CHECK(!st.bad, "bad verdicts");
	}
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
