// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * One line for the user.  libbpf and the verifier say why they refuse, but in
 * many lines, and to a function that is global to the process; what matters of
 * them is caught here while the library calls libbpf.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int errline__set(const struct errline *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err->buf && err->len) {
		va_start(ap, fmt);
		vsnprintf(err->buf, err->len, fmt, ap);
		va_end(ap);
		/* What comes from elsewhere may have line ends of its own. */
		for (char *p = err->buf; *p; p++)
			if (*p == '\n')
				*p = ' ';
	}
	return code;
}

static pthread_mutex_t capture_lock = PTHREAD_MUTEX_INITIALIZER;
static struct capture *capture;
static libbpf_print_fn_t capture_saved;

static void take(char *buf, size_t len, const char *text, size_t n)
{
	snprintf(buf, len, "%.*s", (int)n, text);
}

void capture__verdict(const char *log, char *buf, size_t len)
{
	const char *line = log, *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (end == line || !strncmp(line, "processed ", 10) ||
		    !strncmp(line, "verification time", 17) || !strncmp(line, "stack depth", 11) ||
		    !strncmp(line, "-- END PROG LOAD LOG", 20))
			continue;
		take(buf, len, line, end - line);
	}
}

static void capture_text(const char *text)
{
	const char *begin = strstr(text, "-- BEGIN PROG LOAD LOG --\n");
	const char *prog = strstr(text, "prog '");

	if (prog && !capture->prog[0])
		take(capture->prog, sizeof(capture->prog), prog + 6, strcspn(prog + 6, "'"));
	if (begin)
		capture__verdict(strchr(begin, '\n') + 1, capture->verifier,
				 sizeof(capture->verifier));
	else if (!capture->first[0])
		take(capture->first, sizeof(capture->first), text, strcspn(text, "\n"));
}

static int capture_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text;

	if (level != LIBBPF_WARN || !capture)
		return 0;
	if (vasprintf(&text, fmt, ap) < 0)
		return 0;
	capture_text(text);
	free(text);
	return 0;
}

void capture__begin(struct capture *cap)
{
	pthread_mutex_lock(&capture_lock);
	memset(cap, 0, sizeof(*cap));
	capture = cap;
	capture_saved = libbpf_set_print(capture_print);
}

void capture__end(void)
{
	libbpf_set_print(capture_saved);
	capture = NULL;
	pthread_mutex_unlock(&capture_lock);
}
