/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a directory may find files under names that are not their own, and nobody tells
 * the kernel.  Then no pattern can tell which file a name means.  Of a file system of its
 * own the kernel sees it, and the module asks a policy about the files' own names.
 * mount.extfuse finds out, and 'extfuse attach' reads it from the state file.
 */
#ifndef EXTFUSE_FOLDS_H
#define EXTFUSE_FOLDS_H

/* NULL: it does not, or the kernel knows; else who may, as the end of a sentence. */
const char *folds_how(int dir_fd);

#endif /* EXTFUSE_FOLDS_H */
