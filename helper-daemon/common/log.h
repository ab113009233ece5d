/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the helper daemon and the commands.  While somebody waits for
 * the mount they go to stderr; later to a file, to stderr with the journal's
 * priority prefixes, or to syslog.  One call is one line; no call fails.
 */
#ifndef EXTFUSE_LOG_H
#define EXTFUSE_LOG_H

#include <syslog.h>

/* Name that opens each line on a terminal. */
void log_name(const char *name);

/*
 * Where messages go from now on: "stderr", "syslog", or the path of a file
 * that is appended to.  Returns 0 or -errno.
 */
int log_target(const char *target);

void log_line(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)		log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...)	log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)		log_line(LOG_INFO, __VA_ARGS__)

#endif /* EXTFUSE_LOG_H */
