/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a backing file is opened.  7.2 hands over the file that the user opened, so
 * that a security module can keep something with the backing file, and so does 6.12
 * since 6.12.95; older ones, back to 6.9, hand over its path.  The fork is made of a
 * newer source than the kernel may be, and names the file.  All of this goes with the
 * lines 6.12+deb12 and 6.12+deb13 of dkms/matrix.
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
