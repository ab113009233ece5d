// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads extfuse.ko and opens its device, see module.h.  The device has no
 * fixed number, so opening it cannot load the module by itself.
 */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "device.h"
#include "load.h"

/*
 * The descriptor stays open over exec, because the daemon gets it by its number.  It is
 * never one of the standard descriptors, which daemons close.
 */
static int connection_open(void)
{
	int fd = device_open_private(), high;

	if (fd < 0)
		return fd;
	high = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	if (high < 0)
		high = -errno;
	close(fd);
	return high;
}

int module_open(char *err, size_t errlen)
{
	int fd = connection_open(), ret;

	if (fd >= 0)
		return fd;
	ret = module_load(err, errlen);
	if (ret)
		return ret;
	fd = connection_open();
	if (fd < 0)
		module_no_device(fd, err, errlen);
	return fd;
}
