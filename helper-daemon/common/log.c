// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages, see log.h.  Each line is made in one buffer and written by one
 * write(2), so that lines of several threads and processes do not mix.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_prefix = "extfuse";
static int log_fd = STDERR_FILENO;
static int use_syslog;
static int use_journal;		/* stderr is the journal: "<N>" in front */

void log_name(const char *name)
{
	log_prefix = name;
	use_journal = getenv("JOURNAL_STREAM") && !isatty(STDERR_FILENO);
}

int log_target(const char *target)
{
	int fd;

	if (!strcmp(target, "syslog")) {
		openlog(log_prefix, LOG_PID, LOG_DAEMON);
		use_syslog = 1;
		return 0;
	}
	if (!strcmp(target, "stderr")) {
		log_fd = STDERR_FILENO;
		use_syslog = 0;
		return 0;
	}
	fd = open(target, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		return -errno;
	log_fd = fd;
	use_syslog = 0;
	use_journal = 0;
	return 0;
}

void log_line(int priority, const char *fmt, ...)
{
	char line[1024];
	int len = 0;
	va_list ap;

	va_start(ap, fmt);
	if (use_syslog) {
		vsyslog(priority, fmt, ap);
		va_end(ap);
		return;
	}
	if (use_journal)
		len = snprintf(line, sizeof(line), "<%d>", priority);
	len += snprintf(line + len, sizeof(line) - len, "%s: ", log_prefix);
	len += vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	va_end(ap);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* Nobody is left to be told when this fails. */
	if (write(log_fd, line, len) < 0)
		return;
}
