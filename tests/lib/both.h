/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each step is done in two directories, first below and then through the mount, and must end alike.
 */
#ifndef BOTH_H
#define BOTH_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *dirs[2] = { "fs/a", "mnt" };
static unsigned int both_wrong;

static inline const char *in(int side, const char *name)
{
	static char path[2][64];

	snprintf(path[side], sizeof(path[side]), "%s/%s", dirs[side], name);
	return path[side];
}

/* @expr, with "s" for the side, must end alike in both directories; where @want is an error, with that one. */
#define BOTH(want, expr)									\
	do {											\
		long both[2];									\
		int s;										\
												\
		for (s = 0; s < 2; s++) {							\
			both[s] = (long)(expr);							\
			if (both[s] < 0)							\
				both[s] = -errno;						\
		}										\
		if (both[0] != both[1] || ((want) < 0 && both[1] != (want))) {			\
			printf("line %d: %s: below %ld, through the mount %ld, expected %ld\n", __LINE__, #expr, both[0], \
			       both[1], (long)(want));						\
			both_wrong++;								\
		}										\
	} while (0)

/* 0 or an error, where a descriptor's number is chance. */
static inline int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

#endif
