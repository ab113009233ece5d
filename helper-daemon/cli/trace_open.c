// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace of a mount is begun, or the user is told why not; see trace_open.h.
 */
#include "trace_open.h"

#include <errno.h>
#include <string.h>

int trace_open(const struct cli_target *target, struct extfuse_ioc_trace *ioc)
{
	const char *mount = target->e->target;
	int fd;

	ioc->conn = target->e->conn;
	fd = extfuse_conn__trace(target->fd, ioc);
	if (fd >= 0)
		return fd;
	if (fd == -EPERM)
		cli_fail("%s: only root may trace requests: use sudo", mount);
	else if (fd == -ESRCH)
		cli_fail("there is no process %u", ioc->pid);
	else if (fd == -ENOTTY)
		cli_fail("%s: the module that is loaded is older, and cannot trace", mount);
	else if (fd == -ENOTCONN || fd == -ENODEV)
		cli_fail("%s: its daemon is gone: unmount it", mount);
	else
		cli_fail("%s: cannot trace: %s", mount, strerror(-fd));
	return -1;
}
