/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a directory finds files under names that are not their own.  If it does, no
 * pattern can tell which file a name means.  mount.extfuse finds out, and 'extfuse
 * attach' reads it from the state file.
 */
#ifndef EXTFUSE_FOLDS_H
#define EXTFUSE_FOLDS_H

/* NULL: it does not, as far as is known; else how it does, or may, as the end of a sentence. */
const char *folds_how(int dir_fd);

#endif /* EXTFUSE_FOLDS_H */
