// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the mirror's files call of each other, for those that are tested alone.  A test that
 * wants something else of a function defines it: these are weak.
 */
#include "mirror.h"

#include <stdarg.h>
#include <stdio.h>

#include "log.h"

#define WEAK	__attribute__((weak))

struct mirror_options mirror = { .source = "test" };

WEAK void log_line(int priority, const char *fmt, ...)
{
	va_list ap;

	(void)priority;
	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	putchar('\n');
}

WEAK int creds_be_self(void)
{
	return 0;
}

WEAK bool prune_look(int fd)
{
	return fd >= 0;
}

WEAK bool prune_wait(void)
{
	return false;
}

WEAK bool backing_add(fuse_ino_t id, int path_fd, mode_t mode)
{
	(void)id;
	(void)path_fd;
	(void)mode;
	return false;
}

WEAK bool backing_add_tree(int path_fd)
{
	(void)path_fd;
	return false;
}

WEAK int backing_open(fuse_ino_t id)
{
	(void)id;
	return -1;
}

WEAK void backing_drop(fuse_ino_t id)
{
	(void)id;
}

const char *fd_path(struct fd_path *p, int fd)
{
	snprintf(p->name, sizeof(p->name), "/proc/self/fd/%d", fd);
	return p->name;
}
