/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STATX (protocol 7.39, since 6.6): an answer or a reply in the words of
 * GETATTR, so that it is looked at alike.  Opcodes that this kernel's protocol
 * does not know have their numbers here; no request carries them.  That of STATX, and
 * the empty functions of statx.c, go with line 6.1 of dkms/matrix; COPY_FILE_RANGE_64
 * (7.45) with the lines 6.12+deb12 and 6.12+deb13.
 */
#ifndef _EXTFUSE_COMPAT_STATX_H
#define _EXTFUSE_COMPAT_STATX_H

#include <linux/fuse.h>
#include <linux/stat.h>

#if FUSE_KERNEL_MINOR_VERSION < 39
#define FUSE_STATX		52
/* No such request can be. */
#define EXTFUSE_STATX_IN_SIZE	0
#define EXTFUSE_STATX_OUT_SIZE	0
#else
#define EXTFUSE_STATX_IN_SIZE	sizeof(struct fuse_statx_in)
#define EXTFUSE_STATX_OUT_SIZE	sizeof(struct fuse_statx_out)
#endif
#if FUSE_KERNEL_MINOR_VERSION < 45
#define FUSE_COPY_FILE_RANGE_64	53
#endif

/*
 * extfuse_statx_read - the output @out of a STATX as that of a GETATTR
 *
 * False where basic attributes are missing in it.
 */
bool extfuse_statx_read(const void *out, struct fuse_attr_out *attr);

static inline bool extfuse_statx_get(const struct fuse_args *args, struct fuse_attr_out *attr)
{
	return extfuse_statx_read(args->out_args[0].value, attr);
}

/* The lifetime of @attr goes into the output. */
void extfuse_statx_set_valid(struct fuse_args *args, const struct fuse_attr_out *attr);

/* A whole output, of the words of GETATTR and what @stat knows beyond them. */
void extfuse_statx_fill(struct fuse_args *args, const struct fuse_attr_out *attr,
			const struct kstat *stat);

/* Do two outputs say the same of the time of birth, which GETATTR does not know? */
bool extfuse_statx_btime_equal(const void *a, const void *b);

/* Does it say of the time of birth what the inode says, which must know one? */
bool extfuse_statx_btime_same(const struct fuse_args *args, struct inode *inode);

#endif /* _EXTFUSE_COMPAT_STATX_H */
