// SPDX-License-Identifier: GPL-2.0-only
/* See dm.h. */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "case.h"
#include "dm.h"

struct call {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char params[128];
};

static void dm_call(struct call *call, const char *name, unsigned long what)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0, "the device mapper");
	call->head.version[0] = DM_VERSION_MAJOR;
	call->head.data_size = sizeof(*call);
	call->head.data_start = offsetof(struct call, target);
	snprintf(call->head.name, sizeof(call->head.name), "%s", name);
	CHECK(!ioctl(fd, what, call), "%s: device mapper's call %lu", name, what & 0xff);
	close(fd);
}

static uint64_t sectors(const char *disk)
{
	uint64_t bytes;
	int fd = open(disk, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && !ioctl(fd, BLKGETSIZE64, &bytes), "%s", disk);
	close(fd);
	return bytes / 512;
}

static void load(const char *name, const char *disk, bool fails)
{
	struct call call = { .head.target_count = 1, .target.length = sectors(disk) };

	strcpy(call.target.target_type, fails ? "error" : "linear");
	if (!fails)
		snprintf(call.params, sizeof(call.params), "%s 0", disk);
	dm_call(&call, name, DM_TABLE_LOAD);
}

void dm_make(const char *name, const char *disk, char *path)
{
	struct call call = { .head.version[0] = 0 };

	dm_call(&call, name, DM_DEV_CREATE);
	snprintf(path, 32, "/dev/dm-%u", minor(call.head.dev));
	load(name, disk, false);
	call = (struct call){ .head.version[0] = 0 };
	dm_call(&call, name, DM_DEV_SUSPEND);
}

/* What is in flight is not waited for with a frozen file system, which would sync. */
void dm_fail(const char *name, const char *disk, bool fails)
{
	struct call call = { .head.flags = DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG };

	load(name, disk, fails);
	dm_call(&call, name, DM_DEV_SUSPEND);
	call = (struct call){ .head.version[0] = 0 };
	dm_call(&call, name, DM_DEV_SUSPEND);
}

void dm_remove(const char *name)
{
	struct call call = { .head.version[0] = 0 };

	dm_call(&call, name, DM_DEV_REMOVE);
}
