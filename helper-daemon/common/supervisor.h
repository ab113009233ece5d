/* SPDX-License-Identifier: GPL-2.0-only */
/* What mount.extfuse and extfused agree on: exit statuses of extfused that say more than failure. */
#ifndef EXTFUSE_SUPERVISOR_H
#define EXTFUSE_SUPERVISOR_H

/* A signal ended it before the mount answered, and it has printed nothing. */
#define EXIT_TOLD_TO_END	3
/* A process of the daemon did not end, and may have the connection open. */
#define EXIT_DAEMON_LEFT	4
/* It could not be started; the dynamic linker ends so, too. */
#define EXIT_CANNOT_START	127

#endif /* EXTFUSE_SUPERVISOR_H */
