// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON writer, see json.h.
 */
#include "json.h"

#include <inttypes.h>

#include "text.h"

static void put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n;

	fputc('"', out);
	while (*s) {
		n = text_utf8_length((const char *)s);
		if (*s == '"' || *s == '\\') {
			fprintf(out, "\\%c", *s++);
		} else if (*s < 0x20 || *s == 0x7f) {
			fprintf(out, "\\u%04x", *s++);
		} else if (*s < 0x80) {
			fputc(*s++, out);
		} else if (n) {
			fwrite(s, 1, n, out);
			s += n;
		} else {
			fprintf(out, "\\udc%02x", *s++);
		}
	}
	fputc('"', out);
}

static void put_key(struct json *j, const char *key)
{
	if (j->follows)
		fputc(',', j->out);
	if (j->depth)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	if (key) {
		put_string(j->out, key);
		fputs(": ", j->out);
	}
	j->follows = true;
}

void json_open(struct json *j, const char *key, char open)
{
	put_key(j, key);
	fputc(open, j->out);
	j->depth++;
	j->follows = false;
}

void json_close(struct json *j, char close)
{
	j->depth--;
	if (j->follows)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	fputc(close, j->out);
	if (!j->depth)
		fputc('\n', j->out);
	j->follows = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	put_key(j, key);
	put_string(j->out, value);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	put_key(j, key);
	fputs("null", j->out);
}
