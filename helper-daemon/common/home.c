// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the namespace that the process began in, see home.h.  A descriptor of its root leads
 * there from everywhere.  "self" in its /proc is this process, with the mounts that it sees now.
 */
#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

static int root_fd = -1;

int home_keep(void)
{
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -errno : 0;
}

int home_open(const char *path, int flags)
{
	flags |= O_CLOEXEC;
	return root_fd >= 0 && *path == '/' ? openat(root_fd, path + 1, flags) : open(path, flags);
}

FILE *home_fopen(const char *path)
{
	int fd = home_open(path, O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

/* umount2() takes a path only, so the way from the root begins in the working directory. */
int home_umount(int fd, int flags)
{
	int here, err = 0;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (root_fd < 0)
		return umount2(path, flags) ? -errno : 0;
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (here < 0)
		return -errno;
	if (fchdir(root_fd) || umount2(path + 1, flags))
		err = -errno;
	if (fchdir(here) && !err)
		err = -errno;
	close(here);
	return err;
}
