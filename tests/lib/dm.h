/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks that fail when a case says so: a device of the device mapper over another one, without dmsetup. */
#ifndef DM_H
#define DM_H

#include <stdbool.h>

/* Over all of @disk; "/dev/dm-N" into @path (32 bytes). Errors end the case. */
void dm_make(const char *name, const char *disk, char *path);
void dm_fail(const char *name, const char *disk, bool fails);	/* each read and write with EIO, or none again */
void dm_remove(const char *name);

#endif
