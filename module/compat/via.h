/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the mirror's daemon must know of a caller that fuse does not tell it: the ids of
 * a caller through an idmapped mount, and whether what /proc says of the caller is true
 * of this request.  fuse can be mounted with an idmap since 6.12; that there is nothing
 * of this without goes with line 6.1 of dkms/matrix.
 */
#ifndef _EXTFUSE_COMPAT_VIA_H
#define _EXTFUSE_COMPAT_VIA_H

#ifdef HAVE_REQUEST_IDMAP
bool extfuse_via_is_mapped(const struct fuse_mount *fm, const struct fuse_args *args);
/* Call site: fuse_permission(). */
void extfuse_via_note(struct mnt_idmap *idmap, struct inode *inode, int mask);
/* The idmap that the daemon is told ids by. */
struct mnt_idmap *extfuse_via(const struct fuse_mount *fm, const struct fuse_args *args);
#endif

#endif /* _EXTFUSE_COMPAT_VIA_H */
