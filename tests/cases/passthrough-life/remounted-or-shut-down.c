// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: errors of the file system below reach the caller as they are there, handles outlive its unmount, and all can be unmounted afterwards
 * needs: extfuse ext4 root loop mkfs.ext4
 * timeout: 120
 *
 * One ext4 with two directories: "fs/a", and "fs/b", which is seen through the mount. Each step is done in both.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "both.h"
#include "rawfuse.h"

/* ext4's own ioctl, and its way to go down without writing anything more. */
#define SHUTDOWN		_IOR('X', 125, __u32)
#define SHUTDOWN_NOLOGFLUSH	2

static int handles[2], readers[2], listings[2];
static char *maps[2];
static char room[8];

static void start(void)
{
	int s;

	CHECK(!system("modprobe loop && truncate -s 32M image && mkfs.ext4 -q -E lazy_itable_init=0 image && mkdir fs mnt &&"
		      " mount -o loop image fs && mkdir fs/a fs/b"), "a file system");
	CHECK(!system("mount -t extfuse -o ext=${EXT:-passthrough},log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		CHECK((readers[s] = open(in(s, "cached"), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) >= 0, "a file");
		CHECK(write(readers[s], "cached", 6) == 6 && !fsync(readers[s]), "in the cache");
	}
}

static void read_only(void)
{
	int s;

	for (s = 0; s < 2; s++) {
		close(readers[s]);
		CHECK((readers[s] = open(in(s, "cached"), O_RDONLY | O_CLOEXEC)) >= 0, "a handle to read");
	}
	/* Handles of the kernel itself may take a moment to go. */
	CHECK(raw_until(10, !mount(NULL, "fs", NULL, MS_REMOUNT | MS_RDONLY, NULL)), "fs must become read-only");
	BOTH(-EROFS, try_open(in(s, "cached"), O_RDWR));
	BOTH(-EROFS, try_open(in(s, "cached"), O_RDONLY | O_TRUNC));
	BOTH(-EROFS, try_open(in(s, "new"), O_CREAT | O_RDWR));
	BOTH(-EROFS, chmod(in(s, "cached"), 0600));
	BOTH(-EROFS, fchmod(readers[s], 0600));
	BOTH(-EROFS, truncate(in(s, "cached"), 1));
	BOTH(-EROFS, utimensat(AT_FDCWD, in(s, "cached"), NULL, 0));
	BOTH(-EROFS, setxattr(in(s, "cached"), "user.x", "x", 1, 0));
	BOTH(-EROFS, removexattr(in(s, "cached"), "user.x"));
	BOTH(-EROFS, unlink(in(s, "cached")));
	BOTH(-EROFS, access(in(s, "cached"), W_OK));
	BOTH(0, try_open(in(s, "cached"), O_RDONLY));
	BOTH(6, pread(readers[s], room, 8, 0));
	CHECK(!mount(NULL, "fs", NULL, MS_REMOUNT, NULL), "fs must be writable again");
	BOTH(0, try_open(in(s, "cached"), O_RDWR));
}

/* Those who have it open, and the mount, keep a file system that has left the tree. */
static void detached(void)
{
	int s, keep = open("fs/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static char path[64];

	CHECK(keep >= 0, "fs/a");
	for (s = 0; s < 2; s++) {
		handles[s] = open(in(s, "file"), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		CHECK(handles[s] >= 0 && !ftruncate(handles[s], 16384) && !fsync(handles[s]), "a file");
		maps[s] = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, handles[s], 0);
		CHECK(maps[s] != MAP_FAILED, "mmap");
		listings[s] = open(dirs[s], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	CHECK(!umount2("fs", MNT_DETACH), "fs must leave the tree");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", keep);
	dirs[0] = path;
	BOTH(5, pwrite(handles[s], "bytes", 5, 0));
	BOTH(5, pread(handles[s], room, 5, 0));
	BOTH('b', maps[s][0]);
	BOTH(0, ({ maps[s][4096] = 'm'; msync(maps[s], 16384, MS_SYNC); }));
	BOTH(0, fsync(handles[s]));
	BOTH(0, try_open(in(s, "file"), O_RDWR));
	BOTH(0, try_open(in(s, "another"), O_RDWR | O_CREAT));
	BOTH(0, chmod(in(s, "file"), 0600));
}

static void shut_down(void)
{
	__u32 how = SHUTDOWN_NOLOGFLUSH;
	struct statvfs vfs;
	struct stat st;

	BOTH(6, pwrite(handles[s], "before", 6, 100));
	CHECK(!ioctl(listings[0], SHUTDOWN, &how), "the file system goes down");
	BOTH(-EIO, pwrite(handles[s], "after", 5, 0));
	BOTH(-EIO, fsync(handles[s]));
	BOTH(-EIO, ftruncate(handles[s], 1));
	BOTH(-EIO, fallocate(handles[s], 0, 0, 65536));
	BOTH(-EIO, pread(handles[s], room, 8, 0));
	BOTH(-EIO, copy_file_range(handles[s], &(off_t){ 0 }, handles[s], &(off_t){ 100 }, 10, 0));
	BOTH(0, fstat(handles[s], &st));
	BOTH(0, fstatvfs(handles[s], &vfs));
	BOTH(-EIO, fchmod(handles[s], 0640));
	BOTH(-EIO, futimens(handles[s], NULL));
	BOTH(-EIO, fsetxattr(handles[s], "user.x", "x", 1, 0));
	BOTH(-EIO, fgetxattr(handles[s], "user.x", NULL, 0));
	BOTH(-EIO, try_open(in(s, "file"), O_RDWR));
	BOTH(-EIO, try_open(in(s, "yet-another"), O_RDWR | O_CREAT));
	BOTH(-EIO, msync(maps[s], 16384, MS_SYNC));
	BOTH(0, munmap(maps[s], 16384));
	BOTH(0, close(handles[s]));
	BOTH(0, close(readers[s]));
	BOTH(0, close(listings[s]));
}

int main(void)
{
	start();
	read_only();
	detached();
	shut_down();
	CHECK(!system("umount $PWD/mnt"), "the mount must go");
	/* Nothing may hold the file system any more. */
	CHECK(!close(atoi(strrchr(dirs[0], '/') + 1)), "the last handle");
	CHECK(raw_until(10, !system("test -z \"$(losetup -j image)\"")), "the device must be free");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
