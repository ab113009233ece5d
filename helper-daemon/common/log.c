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

#include "text.h"

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
	/* O_NONBLOCK: a pipe without a reader must not stop the daemon. */
	fd = open(target, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (fd < 0)
		return -errno;
	log_fd = fd;
	use_syslog = 0;
	use_journal = 0;
	return 0;
}

void log_line(int priority, const char *fmt, ...)
{
	char text[1024], line[4 * sizeof(text)] = "";
	size_t len;
	va_list ap;
	FILE *out;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The last byte is left for the end of the line. */
	out = fmemopen(line, sizeof(line) - 1, "w");
	if (!out)
		return;
	if (use_journal && !use_syslog)
		fprintf(out, "<%d>", priority);
	if (!use_syslog)
		fprintf(out, "%s: ", log_prefix);
	/* A name in the text must not begin a line of its own. */
	text_plain(out, text);
	fclose(out);
	if (use_syslog) {
		syslog(priority, "%s", line);
		return;
	}
	len = strlen(line);
	line[len++] = '\n';
	/* If this fails, there is nobody left to tell. */
	if (write(log_fd, line, len) < 0)
		return;
}
