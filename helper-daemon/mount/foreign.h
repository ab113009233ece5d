/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Foreign daemons: programs that use libfuse 3 and know nothing of extfuse.
 */
#ifndef EXTFUSE_MOUNT_FOREIGN_H
#define EXTFUSE_MOUNT_FOREIGN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Looks for a program as execvp() would, and refuses what is linked with
 * libfuse 2, which cannot take a mount that is made already.  Returns 0 and its
 * absolute path in @found, or -errno with a line in @err.
 */
int foreign_find(const char *program, char **found, char *err, size_t errlen);

/*
 * Whether only root and user @uid decide what program that is.  PROGRAM#SPEC may be the
 * name of a directory that is not there now; then a user who can create names in that
 * path would choose what root runs.  Returns 0, or -EPERM with a line in @err.
 */
int foreign_check(const char *path, const char *spec, uid_t uid, char *err, size_t errlen);

#endif /* EXTFUSE_MOUNT_FOREIGN_H */
