/* SPDX-License-Identifier: GPL-2.0-only */
/* The file system "low" that a case's objects lie on: free to be unmounted when none of them is left. */
#ifndef LOW_H
#define LOW_H

#include <stdbool.h>
#include <sys/mount.h>

/* For raw_until(): unmounts it, once. */
static inline bool low_is_free(void)
{
	static bool done;

	done = done || !umount("low");
	return done;
}

#endif /* LOW_H */
