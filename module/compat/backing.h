/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a backing file is opened.  The file that the user opened is handed over
 * since 7.x, and since 6.12.95, so that a security module can keep something
 * with the backing file; before, back to 6.9, its path was.  The fork is made
 * of a newer source than the kernel may be, and names the file.
 */
#ifndef _EXTFUSE_COMPAT_BACKING_H
#define _EXTFUSE_COMPAT_BACKING_H

#include <linux/backing-file.h>

#ifndef HAVE_BACKING_OPEN_FILE
static inline struct file *extfuse_backing_file_open(const struct file *user_file, int flags,
						     const struct path *real_path,
						     const struct cred *cred)
{
	return backing_file_open(&user_file->f_path, flags, real_path, cred);
}
#define backing_file_open extfuse_backing_file_open
#endif

#endif /* _EXTFUSE_COMPAT_BACKING_H */
