// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: times of changes, files that may not be changed, read-only mounts, advice, ranges that are cut out, ioctls: all as on ext4
 * needs: extfuse ext4 root
 * timeout: 120
 */
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "both.h"
#include "case.h"

#define ALICE	1000
#define PAGE	4096
#define PAGES	64

/* The same files with ext4's own view of both sides. */
static const char *const below[2] = { "fs/a", "fs/b" };

static void start(void)
{
	int s, fd;

	CHECK(!chmod(".", 0755) && !system("mkdir -p fs/a fs/b mnt ro.0 ro.1"), "directories");
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		fd = open(in(s, "file"), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		CHECK(fd >= 0 && !ftruncate(fd, PAGES * PAGE) && !fchown(fd, ALICE, ALICE) && !close(fd), "a file");
	}
}

static struct timespec ctime_below(int s)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/file", below[s]);
	CHECK(!stat(path, &st), "%s", path);
	return st.st_ctim;
}

/* 1 where a call moves the time of the last change below. */
#define MOVES(call)							\
	({								\
		struct timespec then = ctime_below(s), now;		\
									\
		usleep(20000);						\
		CHECK(!(call), "%s: %s", #call, strerror(errno));	\
		now = ctime_below(s);					\
		now.tv_sec > then.tv_sec || (now.tv_sec == then.tv_sec && now.tv_nsec > then.tv_nsec); \
	})

static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };
static const struct timespec half[2] = { { 0, UTIME_OMIT }, { 7, 0 } };

static void times(void)
{
	BOTH(1, MOVES(chmod(in(s, "file"), 0640)));
	BOTH(1, MOVES(chown(in(s, "file"), ALICE, 0)));
	BOTH(1, MOVES(utimensat(AT_FDCWD, in(s, "file"), long_ago, 0)));
	BOTH(1, MOVES(utimensat(AT_FDCWD, in(s, "file"), half, 0)));
	BOTH(1, MOVES(utimensat(AT_FDCWD, in(s, "file"), NULL, 0)));
	BOTH(1, MOVES(truncate(in(s, "file"), PAGES * PAGE)));
	BOTH(1, MOVES(setxattr(in(s, "file"), "user.x", "y", 1, 0)));
	BOTH(1, MOVES(removexattr(in(s, "file"), "user.x")));
	BOTH(1, MOVES(chmod(in(s, "file"), 0644)));
}

static void flags_below(int s, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/file", below[s]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !ioctl(fd, FS_IOC_SETFLAGS, &flags) && !close(fd), "%s", path);
}

/* As the owner, who may do these things otherwise: 0 or -errno. */
static int as_owner(int (*call)(const char *path), const char *path)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		CHECK(!setresgid(ALICE, ALICE, ALICE) && !setresuid(ALICE, ALICE, ALICE), "setuid");
		_exit(call(path) ? errno : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a child");
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static int touch_now(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static int touch_then(const char *path)
{
	return utimensat(AT_FDCWD, path, long_ago, 0);
}

static int touch_half(const char *path)
{
	return utimensat(AT_FDCWD, path, half, 0);
}

static int make_private(const char *path)
{
	return chmod(path, 0600);
}

static int cut(const char *path)
{
	return truncate(path, 1);
}

static int append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), err;

	if (fd < 0)
		return -1;
	err = write(fd, "more", 4) == 4 ? 0 : errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

static void forbidden(void)
{
	int s;

	for (s = 0; s < 2; s++)
		flags_below(s, FS_IMMUTABLE_FL);
	BOTH(-EPERM, as_owner(touch_now, in(s, "file")));
	BOTH(-EPERM, as_owner(touch_then, in(s, "file")));
	BOTH(-EPERM, as_owner(touch_half, in(s, "file")));
	BOTH(-EPERM, as_owner(make_private, in(s, "file")));
	BOTH(-EPERM, as_owner(cut, in(s, "file")));
	BOTH(-EPERM, as_owner(append, in(s, "file")));
	for (s = 0; s < 2; s++)
		flags_below(s, FS_APPEND_FL);
	BOTH(0, as_owner(touch_now, in(s, "file")));
	BOTH(-EPERM, as_owner(touch_then, in(s, "file")));
	BOTH(-EPERM, as_owner(touch_half, in(s, "file")));
	BOTH(-EPERM, as_owner(make_private, in(s, "file")));
	BOTH(-EPERM, as_owner(cut, in(s, "file")));
	BOTH(0, as_owner(append, in(s, "file")));
	for (s = 0; s < 2; s++)
		flags_below(s, 0);
	BOTH(0, as_owner(touch_then, in(s, "file")));
	BOTH(0, truncate(in(s, "file"), PAGES * PAGE));
}

/* Who has a mount that is read-only changes nothing by it, whatever he owns. */
static void readonly(void)
{
	int handles[2], flags = FS_NODUMP_FL, s;
	char path[16], label[FSLABEL_MAX] = "label";

	for (s = 0; s < 2; s++) {
		sprintf(path, "ro.%d", s);
		CHECK(!mount(dirs[s], path, NULL, MS_BIND, NULL) &&
		      !mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "%s", path);
		strcat(path, "/file");
		handles[s] = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(handles[s] >= 0, "%s", path);
	}
	BOTH(-EROFS, ioctl(handles[s], FS_IOC_SETFSLABEL, label));
	BOTH(-EROFS, ioctl(handles[s], FS_IOC_SETFLAGS, &flags));
	BOTH(0, ioctl(handles[s], FS_IOC_GETFSLABEL, label));
	BOTH(0, ioctl(handles[s], FS_IOC_GETFLAGS, &flags));
	BOTH(-EROFS, fchmod(handles[s], 0600));
	for (s = 0; s < 2; s++) {
		sprintf(path, "ro.%d", s);
		CHECK(!close(handles[s]) && !umount(path), "%s", path);
	}
}

static unsigned int in_memory(int fd)
{
	unsigned char there[PAGES];
	unsigned int i, n = 0;
	void *map = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(map != MAP_FAILED && !mincore(map, PAGES * PAGE, there) && !munmap(map, PAGES * PAGE), "mincore");
	for (i = 0; i < PAGES; i++)
		n += there[i] & 1;
	return n;
}

static void advice(void)
{
	static char page[PAGE];
	int handles[2], s, i;

	for (s = 0; s < 2; s++) {
		handles[s] = open(in(s, "file"), O_RDWR | O_CLOEXEC);
		CHECK(handles[s] >= 0, "the file");
		for (i = 0; i < PAGES; i++)
			CHECK(pwrite(handles[s], page, PAGE, (off_t)i * PAGE) == PAGE, "a page");
		CHECK(!fsync(handles[s]), "fsync");
	}
	BOTH(PAGES, in_memory(handles[s]));
	BOTH(0, posix_fadvise(handles[s], 0, 0, POSIX_FADV_DONTNEED));
	BOTH(0, in_memory(handles[s]));
	BOTH(0, posix_fadvise(handles[s], 0, PAGES * PAGE, POSIX_FADV_WILLNEED));
	/* Read in the background. */
	for (s = 0; s < 2; s++) {
		for (i = 0; i < 500 && in_memory(handles[s]) < PAGES; i++)
			usleep(10000);
	}
	BOTH(PAGES, in_memory(handles[s]));
	BOTH(EINVAL, posix_fadvise(handles[s], 0, 0, 77));
	for (s = 0; s < 2; s++)
		close(handles[s]);
}

/* The size that the kernel has is right at once, also for who does not ask for it. */
static void cut_out(void)
{
	int handles[2], s;
	struct statx stx;
	struct stat st;

	for (s = 0; s < 2; s++)
		handles[s] = open(in(s, "file"), O_RDWR | O_CLOEXEC);
	BOTH(0, fallocate(handles[s], FALLOC_FL_COLLAPSE_RANGE, PAGE, 4 * PAGE));
	BOTH((PAGES - 4) * PAGE, (statx(AT_FDCWD, in(s, "file"), AT_STATX_DONT_SYNC, STATX_SIZE, &stx), stx.stx_size));
	BOTH((PAGES - 4) * PAGE, lseek(handles[s], 0, SEEK_END));
	BOTH(0, fallocate(handles[s], FALLOC_FL_INSERT_RANGE, PAGE, 4 * PAGE));
	BOTH(PAGES * PAGE, (fstat(handles[s], &st), st.st_size));
	for (s = 0; s < 2; s++)
		close(handles[s]);
}

int main(void)
{
	start();
	times();
	forbidden();
	readonly();
	advice();
	cut_out();
	CHECK(!system("umount $PWD/mnt"), "umount");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
