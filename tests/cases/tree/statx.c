// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: statx() of a tree gives what it gives below, with the time of birth, at once after a change below; and what was known, where nobody is to be asked
 * needs: extfuse root ext4
 * timeout: 60
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "tree.h"

#define ALL	(STATX_BASIC_STATS | STATX_BTIME)

static void same_time(const struct statx_timestamp *here, const struct statx_timestamp *below, const char *what)
{
	CHECK(here->tv_sec == below->tv_sec && here->tv_nsec == below->tv_nsec, "%s: %lld.%u, below %lld.%u", what,
	      (long long)here->tv_sec, here->tv_nsec, (long long)below->tv_sec, below->tv_nsec);
}

#define SAME(field)	CHECK(here.field == low.field, "%s: %s %llx, below %llx", name, #field, (unsigned long long)here.field, \
			      (unsigned long long)low.field)

static void same(const char *name)
{
	char path[64], below[64];
	struct statx here, low;

	snprintf(path, sizeof(path), "mnt/%s", name);
	snprintf(below, sizeof(below), "src/%s", name);
	/* Nothing is left of what was here before. */
	memset(&here, 0xff, sizeof(here));
	memset(&low, 0, sizeof(low));
	CHECK(!statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, ALL, &here), "%s", path);
	CHECK(!statx(AT_FDCWD, below, AT_SYMLINK_NOFOLLOW, ALL, &low), "%s", below);
	here.stx_mask &= ALL;
	low.stx_mask &= ALL;
	SAME(stx_mask);
	SAME(stx_blksize);
	SAME(stx_nlink);
	SAME(stx_uid);
	SAME(stx_gid);
	SAME(stx_mode);
	SAME(stx_ino);
	SAME(stx_size);
	SAME(stx_blocks);
	SAME(stx_rdev_major);
	SAME(stx_rdev_minor);
	here.stx_attributes &= ~STATX_ATTR_MOUNT_ROOT;
	SAME(stx_attributes);
	SAME(stx_attributes_mask);
	CHECK(low.stx_mask & STATX_BTIME, "ext4 has a time of birth");
	same_time(&here.stx_btime, &low.stx_btime, "birth");
	same_time(&here.stx_atime, &low.stx_atime, "access");
	same_time(&here.stx_mtime, &low.stx_mtime, "modification");
	same_time(&here.stx_ctime, &low.stx_ctime, "change");
}

static void all(void)
{
	const char *const names[] = { "file", "dir", "dir/deep", "link", "pipe", "device", "socket", "." };
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		same(names[i]);
}

/* The daemon is who knows, and need not be asked: what the look-up found is given. */
static void known(void)
{
	const struct timespec times[2] = { { 5, 6 }, { 7, 8 } };
	struct statx here;

	close(open("src/known", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK(!utimensat(AT_FDCWD, "src/known", times, 0) && !access("mnt/known", F_OK), "a file");
	CHECK(!run("extfuse detach $PWD/mnt"), "detach");
	CHECK(!statx(AT_FDCWD, "mnt/known", AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &here), "mnt/known");
	CHECK(here.stx_mtime.tv_sec == 7 && here.stx_mtime.tv_nsec == 8, "modification: %lld", (long long)here.stx_mtime.tv_sec);
	CHECK(here.stx_atime.tv_sec == 5 && here.stx_atime.tv_nsec == 6, "access: %lld", (long long)here.stx_atime.tv_sec);
}

int main(void)
{
	const struct timespec times[2] = { { 5, 6 }, { 7, 8 } };
	int fd, flags;

	tree_mount();
	CHECK(!mkdir("src/dir", 0755) && !mkdir("src/dir/deep", 0700) && !symlink("target", "src/link") &&
	      !mknod("src/pipe", S_IFIFO | 0600, 0) && !mknod("src/device", S_IFCHR | 0600, makedev(1, 3)) &&
	      !mknod("src/socket", S_IFSOCK | 0600, 0), "one of each type");
	fd = open("src/file", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && write(fd, "text", 4) == 4, "a file");
	all();
	CHECK(!chown("src/dir", 1000, 1000) && !chmod("src/pipe", 0644) && !utimensat(AT_FDCWD, "src/file", times, 0) &&
	      !link("src/file", "src/dir/other") && !ftruncate(fd, 100000), "changes below");
	CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags) && !ioctl(fd, FS_IOC_SETFLAGS, &(int){ flags | FS_NODUMP_FL }), "flags");
	all();
	CHECK(!chmod("mnt/file", 0600) && !utimensat(AT_FDCWD, "mnt/dir", times, 0), "changes here");
	close(open("mnt/dir/new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	all();
	same("dir/new");
	close(fd);
	known();
	tree_umount();
	return 0;
}
