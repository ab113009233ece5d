/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading the module, as its file says it and nothing else. */
#ifndef MODULE_H
#define MODULE_H

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "case.h"

static inline int module_load_with(const char *params)
{
	const char *file = getenv("EXTFUSE_KO");
	int fd, ret;

	CHECK(file, "EXTFUSE_KO must tell where the module is");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "%s", file);
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static inline void module_load(void)
{
	int ret = module_load_with("");

	CHECK(!ret || ret == -EEXIST, "load the module: %s", strerror(-ret));
}

static inline int module_unload(void)
{
	return syscall(SYS_delete_module, "extfuse", O_NONBLOCK) ? -errno : 0;
}

/* The kernel's two ways to say that somebody uses it. */
static inline int module_is_busy(void)
{
	int ret = module_unload();

	CHECK(ret, "the module was unloaded though it is in use");
	return ret == -EBUSY || ret == -EWOULDBLOCK;
}

/* Within two seconds of its last user; returns milliseconds, or -1. */
static inline int module_unload_soon(void)
{
	int tries, ret = 0;

	for (tries = 0; tries < 200 * case_slow(); tries++) {
		ret = module_unload();
		if (!ret || ret == -ENOENT)
			return tries * 10;
		usleep(10000);
	}
	errno = -ret;
	return -1;
}

#endif
