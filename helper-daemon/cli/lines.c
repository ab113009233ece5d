// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of JSON, one object a line, see lines.h.
 */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jsonin.h"

/* A request of the largest size, as hexadecimal digits, is shorter than that. */
#define LINE_MAX_BYTES	(1 << 20)
/* More are no test, and each takes memory. */
#define LINES_MAX	10000

static int line_add(struct lines *l, struct json_object *o, unsigned int number)
{
	struct line *grown = realloc(l->all, (l->count + 1) * sizeof(*grown));

	if (!grown) {
		json_object_put(o);
		return cli_fail("out of memory");
	}
	l->all = grown;
	l->all[l->count++] = (struct line){ number, o };
	return 0;
}

static int line_read(struct lines *l, const char *text, size_t len, unsigned int number)
{
	struct json_object *o;
	struct say say = { "" };

	if (len <= LINE_MAX_BYTES && strspn(text, " \t\r\n") == len)
		return 0;
	if (len > LINE_MAX_BYTES || l->count == LINES_MAX)
		return cli_fail("%s:%u: %s", l->name, number, len > LINE_MAX_BYTES ? "the line is too long" : "there are too many lines");
	o = jsonin_parse(text, len, &say);
	if (!o)
		return cli_fail("%s:%u: %s", l->name, number, say.text);
	return line_add(l, o, number);
}

/* With its newline, and a NUL; what is too long is read as far as that is known.  0: the end. */
static size_t line_get(FILE *file, char *text)
{
	size_t len = 0;
	int c;

	while (len <= LINE_MAX_BYTES && (c = getc_unlocked(file)) != EOF) {
		text[len++] = c;
		if (c == '\n')
			break;
	}
	text[len] = '\0';
	return len;
}

int lines_read(struct lines *l, const char *name)
{
	bool is_stdin = !strcmp(name, "-");
	FILE *file = is_stdin ? stdin : fopen(name, "re");
	static char text[LINE_MAX_BYTES + 2];
	unsigned int number = 0;
	size_t len;
	int err = 0;

	l->name = is_stdin ? "standard input" : name;
	if (!file)
		return cli_fail("%s: %s", name, strerror(errno));
	while (!err && (len = line_get(file, text)))
		err = line_read(l, text, len, ++number);
	if (!err && ferror(file))
		err = cli_fail("%s: %s", l->name, strerror(errno));
	if (!is_stdin)
		fclose(file);
	return err;
}

void lines_free(struct lines *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		json_object_put(l->all[i].o);
	free(l->all);
}
