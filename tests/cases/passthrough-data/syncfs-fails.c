// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a sync of the mount reaches the daemon also where the file system below fails, and says what failed first
 * needs: root extfuse ext4 brd
 * log: EXT4-fs
 *
 * Since 6.18 fuse asks the daemon of a block device to sync.
 */
#include <linux/fs.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../backing/backing.h"

/* What ext4 has for tests as these: EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH. */
#define SHUTDOWN	_IOR('X', 125, uint32_t)
#define NOLOGFLUSH	2

static struct rawfuse *rf;

static int refuse(struct raw_req *req)
{
	(void)req;
	return -ENOSPC;
}

/* What syncfs() on the mount says: 0 or an error. */
static int sync_mount(void)
{
	int fd = open("mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	CHECK(fd >= 0, "open");
	raw_reset(rf);
	err = syncfs(fd) ? -errno : 0;
	close(fd);
	return err;
}

static void want(const char *what, int err, int want)
{
	CHECK(err == want, "%s: syncfs() says %d instead of %d", what, err, want);
	CHECK(raw_count(rf, FUSE_SYNCFS) == 1, "%s: the daemon is asked %llu times to sync", what,
	      (unsigned long long)raw_count(rf, FUSE_SYNCFS));
}

static void both(void)
{
	uint32_t how = NOLOGFLUSH;
	int fd;

	want("both can", sync_mount(), 0);
	raw_on(rf, FUSE_SYNCFS, refuse, NULL);
	want("the daemon cannot", sync_mount(), -ENOSPC);
	raw_on(rf, FUSE_SYNCFS, NULL, NULL);

	fd = open("low", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0 && !ioctl(fd, SHUTDOWN, &how), "the file system below stops");
	CHECK(syncfs(fd) && errno == EIO, "its own syncfs() fails");
	close(fd);
	want("what is below cannot", sync_mount(), -EIO);
}

int main(void)
{
	struct raw_node *file;
	bool asked;

	CHECK(!system("modprobe brd rd_nr=2 rd_size=16384 && mkfs.ext4 -q /dev/ram1"), "block devices");
	CHECK(!mkdir("low", 0755) && !mount("/dev/ram1", "low", "ext4", 0, NULL), "the file system below");
	put("low/file", "text");
	rf = raw_start(&(struct raw_opts){ .type = "extfuseblk", .source = "/dev/ram0",
					   .options = "default_permissions,max_stack_depth=1" });
	file = raw_file(rf, "/file", "text", 4);
	object(rf, file, "low/file");
	CHECK(!sync_mount(), "syncfs()");
	asked = raw_count(rf, FUSE_SYNCFS);
	if (asked)
		both();
	raw_balance(rf);
	raw_stop(rf);
	/* The object goes after a grace period. */
	CHECK(raw_until(5, !umount("low")) && !system("rmmod brd"), "the end");
	if (!asked)
		SKIP("this kernel's fuse asks no daemon to sync");
	return 0;
}
