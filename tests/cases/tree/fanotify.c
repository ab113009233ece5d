// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: fanotify tells of a tree which names were made, removed and moved in it, by file handles that open through the mount
 * needs: extfuse root ext4
 * timeout: 60
 */
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/statfs.h>

#include "handle.h"
#include "tree.h"

static int group;

static char events[8192] __attribute__((aligned(8)));

/* What is told next about a name: its mask; the directory is that of the path. */
static __u64 told(const char *name, const char *dir)
{
	static ssize_t left;
	static struct fanotify_event_metadata *event;
	struct fanotify_event_info_fid *info;
	struct file_handle *handle;
	struct statfs fs;
	struct stat st, of_path;
	__u64 mask;
	int mnt, fd;

	if (left <= 0) {
		struct pollfd ready = { .fd = group, .events = POLLIN };

		CHECK(poll(&ready, 1, 5000) == 1, "an event about %s", name);
		left = read(group, events, sizeof(events));
		event = (void *)events;
		CHECK(left > 0, "events");
	}
	info = (void *)(event + 1);
	handle = (void *)info->handle;
	CHECK(info->hdr.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME, "a directory and a name");
	CHECK(!strcmp((char *)handle->f_handle + handle->handle_bytes, name), "%s, not %s",
	      (char *)handle->f_handle + handle->handle_bytes, name);
	CHECK(!statfs("mnt", &fs) && !memcmp(&fs.f_fsid, &info->fsid, sizeof(fs.f_fsid)), "f_fsid");
	mnt = open("mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open_by_handle_at(mnt, handle, O_PATH | O_CLOEXEC);
	CHECK(fd >= 0 && !fstat(fd, &st) && !stat(dir, &of_path), "the directory of %s: %d", name, errno);
	CHECK(st.st_ino == of_path.st_ino && st.st_dev == of_path.st_dev, "%s is in another directory", name);
	close(fd);
	close(mnt);
	mask = event->mask;
	event = FAN_EVENT_NEXT(event, left);
	return mask;
}

int main(void)
{
	struct statfs fs, low;

	tree_mount();
	CHECK(!statfs("mnt", &fs) && !statfs("src", &low), "statfs");
	CHECK(!memcmp(&fs.f_fsid, &low.f_fsid, sizeof(fs.f_fsid)), "f_fsid is that below");
	CHECK(!mkdir("src/dir", 0755), "a directory, made below");
	group = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC, O_RDONLY);
	CHECK(group >= 0, "fanotify_init: %d", errno);
	CHECK(!fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO |
			     FAN_ONDIR, AT_FDCWD, "mnt"), "a mark on all of the file system: %d", errno);
	close(open("mnt/dir/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	CHECK(told("file", "mnt/dir") & FAN_CREATE, "made");
	CHECK(!rename("mnt/dir/file", "mnt/moved"), "rename");
	CHECK(told("file", "mnt/dir") & FAN_MOVED_FROM, "moved from");
	CHECK(told("moved", "mnt") & FAN_MOVED_TO, "moved to");
	CHECK(!unlink("mnt/moved"), "unlink");
	CHECK(told("moved", "mnt") & FAN_DELETE, "removed");
	CHECK(!mkdir("mnt/dir/new", 0755), "mkdir");
	CHECK(told("new", "mnt/dir") & FAN_CREATE, "a directory");
	close(group);
	tree_umount();
	return 0;
}
