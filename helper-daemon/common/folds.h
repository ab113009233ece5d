/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a directory finds files under names that are not theirs: then no
 * pattern tells which file a name means.  mount.extfuse finds out, and the state
 * file tells 'extfuse attach'.
 */
#ifndef EXTFUSE_FOLDS_H
#define EXTFUSE_FOLDS_H

/* NULL: as far as can be told it does not; else how it does, or may, for the end of a sentence. */
const char *folds_how(int dir_fd);

#endif /* EXTFUSE_FOLDS_H */
