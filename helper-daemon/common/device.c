// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's device, see device.h.
 *
 * A private node is a node of the same number on a tmpfs of its own.  That
 * tmpfs is mounted nowhere: it lives as long as the open file.  The kernel
 * refuses to mount on a name that was removed, and on a mount that belongs to no
 * mount namespace; and the path that /proc/PID/fd shows leads nowhere, so a
 * program that resolves it first finds nothing to mount on either.
 */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "home.h"

#define DEVICE_NUMBER	"/sys/class/misc/extfuse/dev"
#define NODE		"extfuse"

/* As the kernel tells it; false while the module is not loaded. */
static bool number_read(dev_t *dev)
{
	unsigned int maj, min;
	FILE *f = home_fopen(DEVICE_NUMBER);
	bool found;

	if (!f)
		return false;
	found = fscanf(f, "%u:%u", &maj, &min) == 2;
	fclose(f);
	if (found)
		*dev = makedev(maj, min);
	return found;
}

/*
 * Whether @path_fd is the device, whose number is then in *@dev.  What is mounted
 * there instead is not asked: it may be a file system that does not answer.
 */
static bool is_device(int path_fd, dev_t *dev)
{
	struct statx st;
	dev_t node;

	if (statx(path_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) ||
	    !S_ISCHR(st.stx_mode))
		return false;
	node = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	if (!number_read(dev))
		*dev = node;
	return node == *dev;
}

static int node_open(int mount_fd, dev_t dev)
{
	int fd;

	if (mknodat(mount_fd, NODE, S_IFCHR | 0600, dev))
		return -errno;
	fd = openat(mount_fd, NODE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!unlinkat(mount_fd, NODE, 0))
		return fd;
	close(fd);
	return -EIO;
}

static int private_open(dev_t dev)
{
	int fs, mount_fd, fd;

	fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	mount_fd = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!mount_fd)
		mount_fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	fd = mount_fd < 0 ? -errno : node_open(mount_fd, dev);
	/* When its descriptor is closed, the mount leaves the namespace that it had for itself. */
	if (mount_fd >= 0)
		close(mount_fd);
	close(fs);
	return fd;
}

/* An O_PATH descriptor of the node or of what covers it. */
static int path_open(void)
{
	int fd = home_open(EXTFUSE_DEVICE, O_PATH);

	return fd < 0 ? -errno : fd;
}

static int node_reopen(int path_fd)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = home_open(path, O_RDWR);
	return fd < 0 ? -errno : fd;
}

static int covered_open(void)
{
	dev_t dev;
	int fd;

	if (!number_read(&dev))
		return -EBUSY;
	fd = private_open(dev);
	return fd < 0 ? -EBUSY : fd;
}

int device_open(void)
{
	int path_fd = path_open(), fd;
	dev_t dev;

	if (path_fd < 0)
		return path_fd;
	fd = is_device(path_fd, &dev) ? node_reopen(path_fd) : covered_open();
	close(path_fd);
	return fd;
}

int device_open_private(void)
{
	int path_fd = path_open(), fd;
	dev_t dev;

	if (path_fd < 0)
		return path_fd;
	if (!is_device(path_fd, &dev)) {
		fd = covered_open();
	} else {
		fd = private_open(dev);
		/* In a container root may not make nodes.  What is mounted on its /dev/extfuse is its own affair. */
		if (fd < 0)
			fd = node_reopen(path_fd);
	}
	close(path_fd);
	return fd;
}

bool device_is_covered(void)
{
	int path_fd = path_open();
	bool covered;
	dev_t dev;

	if (path_fd < 0)
		return false;
	covered = !is_device(path_fd, &dev);
	close(path_fd);
	return covered;
}
