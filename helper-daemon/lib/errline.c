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
		/* A text of libbpf or the kernel may have newlines. */
		for (char *p = err->buf; *p; p++)
			if (*p == '\n')
				*p = p[1] ? ' ' : '\0';
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

/* Of a verifier's log, the words: no instruction, no source line, no statistics. */
static bool is_message(const char *line, size_t len)
{
	static const char *const noise[] = {
		"processed ", "verification time", "stack depth", "-- END PROG LOAD LOG", "; ",
		"from ", "last_idx", "regs=", "parent ", "cur state: ", "old state: ",
	};

	if (!len || strspn(line, "0123456789") || line[0] == ' ' || line[0] == '\t')
		return false;
	/* A line of register states: "R1=ctx(...". */
	if (line[0] == 'R' && line[1 + strspn(line + 1, "0123456789_wrd")] == '=')
		return false;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (!strncmp(line, noise[i], strlen(noise[i])))
			return false;
	return true;
}

/* Since 7.3 a page with source and advice follows the message that it explains. */
static bool is_report(const char *line)
{
	return !strncmp(line, "Verification failed: ", 21);
}

/* The last message, and the one before it if that is its reason. */
void capture__verdict(const char *log, char *buf, size_t len)
{
	const char *line = log, *end, *before = NULL, *last = NULL;

	for (; *line && !is_report(line); line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (is_message(line, end - line)) {
			before = last;
			last = line;
		}
	}
	if (!last)
		return;
	if (!before || !strstr(last, "memory, len pair")) {
		take(buf, len, last, strcspn(last, "\n"));
		return;
	}
	snprintf(buf, len, "%.*s; %.*s", (int)strcspn(before, "\n"), before,
		 (int)strcspn(last, "\n"), last);
}

#define LOG_BEGIN	"-- BEGIN PROG LOAD LOG --\n"

static void capture_text(const char *text)
{
	const char *begin = strstr(text, LOG_BEGIN);
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

	if (!capture || (level != LIBBPF_WARN && !capture->log))
		return 0;
	if (vasprintf(&text, fmt, ap) < 0)
		return 0;
	/* What the verifier says of a program that it takes is no warning. */
	if (capture->log && (level == LIBBPF_WARN || strstr(text, LOG_BEGIN)))
		fputs(text, capture->log);
	if (level == LIBBPF_WARN)
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
