// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a program passes through is done on the backing object, and the daemon hears nothing of it; what cannot be is an upcall
 * needs: root extfuse ext4
 * timeout: 120
 */
#include <dirent.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "backing.h"
#include "rawnew.h"

static const uint32_t passed[] = {
	FUSE_OPEN, FUSE_OPENDIR, FUSE_READDIR, FUSE_READDIRPLUS, FUSE_FSYNCDIR, FUSE_GETATTR, FUSE_SETATTR,
	FUSE_GETXATTR, FUSE_SETXATTR, FUSE_LISTXATTR, FUSE_REMOVEXATTR, FUSE_READLINK, FUSE_STATFS, FUSE_IOCTL,
	RAW_STATX,
};

/* Nobody has to say it of a handle that lies there. */
static const uint32_t by_handle[] = {
	FUSE_FSYNC, FUSE_LSEEK, FUSE_FALLOCATE,
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

/* Who asks when it was born is answered by STATX, where the kernel has that. */
static void same_birth(void)
{
	struct statx a, b;

	CHECK(!statx(AT_FDCWD, "low/a", 0, STATX_BTIME, &b) && b.stx_mask & STATX_BTIME, "the file below has a time of birth");
	CHECK(!statx(AT_FDCWD, "mnt/a", 0, STATX_BASIC_STATS | STATX_BTIME, &a), "statx");
	if (!(a.stx_mask & STATX_BTIME) && !script_stats(rf, RAW_STATX).upcalls) {
		printf("this kernel's fuse does not send STATX\n");
		return;
	}
	CHECK(a.stx_mask & STATX_BTIME && a.stx_btime.tv_sec == b.stx_btime.tv_sec && a.stx_btime.tv_nsec == b.stx_btime.tv_nsec,
	      "mask %x, born %lld, below %lld", a.stx_mask, (long long)a.stx_btime.tv_sec, (long long)b.stx_btime.tv_sec);
	CHECK(script_stats(rf, RAW_STATX).passed == 1, "it is passed through");
}

static void attributes(void)
{
	same_birth();
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

static int version(const char *path)
{
	int fd = open(path, O_RDONLY), number = 0;

	CHECK(fd >= 0 && !ioctl(fd, FS_IOC_GETVERSION, &number), "%s: FS_IOC_GETVERSION", path);
	close(fd);
	return number;
}

/* 0 or an error. */
static int version_set(const char *path, int number)
{
	int fd = open(path, O_RDONLY), err;

	CHECK(fd >= 0, "%s", path);
	err = ioctl(fd, FS_IOC_SETVERSION, &number) ? errno : 0;
	close(fd);
	return err;
}

static void alice_ioctls(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000), "alice");
		CHECK(version_set("low/a", 7) == EPERM, "she may not below");
		CHECK(version_set("mnt/a", 7) == EPERM, "nor through the mount: %s", strerror(version_set("mnt/a", 7)));
		exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "alice: status %x", status);
}

/* The file system's own, on a handle of ours. */
static void ioctls(void)
{
	int low = version("low/a");

	CHECK(!chmod("mnt/a", 0644), "all may open it");
	CHECK(low && version("mnt/a") == low, "version %x, below %x", version("mnt/a"), low);
	CHECK(version("mnt/b") == version("low/b") && version("mnt/b") != low, "each file has its own");
	alice_ioctls();
	CHECK(version("low/a") == low, "it is as before");
	/* With checksums ext4 has it for nobody. */
	CHECK(version_set("mnt/a", 7) == version_set("low/a", 7) && version("mnt/a") == version("low/a"), "root, as below");
	unseen("ioctls");
}

static bool same_space(void)
{
	struct statfs a, b;

	CHECK(!statfs("low/a", &b) && !statfs("mnt/a", &a), "statfs");
	return a.f_bfree == b.f_bfree && a.f_bavail == b.f_bavail && a.f_ffree == b.f_ffree;
}

static void space(void)
{
	struct statfs a, b;

	CHECK(!statfs("mnt/a", &a) && !statfs("low/a", &b), "statfs");
	CHECK(a.f_blocks == b.f_blocks && a.f_files == b.f_files && a.f_bsize == b.f_bsize && a.f_frsize == b.f_frsize &&
	      a.f_namelen == b.f_namelen, "blocks %llu, below %llu", (unsigned long long)a.f_blocks, (unsigned long long)b.f_blocks);
	CHECK(b.f_bfree && b.f_ffree && b.f_bfree != b.f_bavail, "figures that tell something");
	/* What is free changes while others write. */
	CHECK(raw_until(10, same_space()), "free: %llu of blocks, %llu of files", (unsigned long long)a.f_bfree,
	      (unsigned long long)a.f_ffree);
	unseen("space");
}

static void xattrs(void)
{
	char buf[64] = "";

	CHECK(!setxattr("mnt/a", "user.x", "value", 5, 0), "setxattr");
	CHECK(getxattr("low/a", "user.x", buf, sizeof(buf)) == 5 && !strcmp(buf, "value"), "below '%s'", buf);
	CHECK(getxattr("mnt/a", "user.x", buf, sizeof(buf)) == 5 && getxattr("mnt/a", "user.x", NULL, 0) == 5, "get");
	CHECK(getxattr("mnt/a", "user.x", buf, 2) == -1 && errno == ERANGE, "ERANGE");
	CHECK(getxattr("mnt/a", "user.y", buf, 2) == -1 && errno == ENODATA, "ENODATA");
	CHECK(listxattr("mnt/a", buf, sizeof(buf)) == 7 && !strcmp(buf, "user.x"), "list '%s'", buf);
	CHECK(!removexattr("mnt/a", "user.x") && !listxattr("low/a", NULL, 0), "removexattr");
	unseen("xattrs");
}

static void was_passed(uint32_t opcode)
{
	struct extfuse_op_stats st = script_stats(rf, opcode);

	printf("%s: %llu passed, %llu upcalls, %llu bad\n", raw_opname(opcode), (unsigned long long)st.passed,
	       (unsigned long long)st.upcalls, (unsigned long long)st.bad);
	CHECK(!st.bad, "bad verdicts");
	/* STATX has said so itself. */
	CHECK(st.passed || opcode == RAW_STATX, "%s was not passed through", raw_opname(opcode));
}

/* It has got a new number. */
static void copies_passed(void)
{
	CHECK(script_stats(rf, FUSE_COPY_FILE_RANGE).passed + script_stats(rf, RAW_COPY_FILE_RANGE_64).passed, "a copy");
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
	/* A listing begins with attributes, which nobody then asks for. */
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .minor = 39,
					   .flags = FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO,
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
	ioctls();
	space();
	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		was_passed(passed[i]);
	for (i = 0; i < sizeof(by_handle) / sizeof(*by_handle); i++)
		was_passed(by_handle[i]);
	copies_passed();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
