// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads extfuse.ko and opens its device, see module.h.  The device has no
 * fixed number, so opening it cannot load the module by itself.
 */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns modprobe's exit status, 127 if there is none. */
static int modprobe(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", "extfuse", NULL);
		execl("/sbin/modprobe", "modprobe", "extfuse", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/*
 * Not close-on-exec: the daemon gets it by its number.  Never one of the
 * standard descriptors, which daemons close.
 */
static int device_open(void)
{
	int fd = open(EXTFUSE_DEVICE, O_RDWR), high;

	if (fd < 0)
		return -errno;
	if (fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	if (high < 0)
		high = -errno;
	close(fd);
	return high;
}

int module_open(char *err, size_t errlen)
{
	struct utsname uts = { 0 };
	int fd = device_open(), status;

	if (fd >= 0)
		return fd;
	uname(&uts);
	status = modprobe();
	if (status) {
		snprintf(err, errlen,
			 "the module extfuse cannot be loaded into kernel %s: is extfuse-dkms installed, and are this kernel's headers? 'dkms status' and the kernel log say more",
			 uts.release);
		return -ENODEV;
	}
	fd = device_open();
	if (fd < 0)
		snprintf(err, errlen, "cannot open " EXTFUSE_DEVICE ": %s, though the module extfuse is loaded",
			 strerror(-fd));
	return fd;
}
