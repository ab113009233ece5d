// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control characters made visible, and characters told apart, see text.h.
 */
#include "text.h"

#include <stdint.h>
#include <string.h>

/*
 * The size of the control character at @s, 0 if there is none.  Those of C1 have two bytes
 * in UTF-8; U+009B begins a sequence as ESC [ does.  At the end of what is there the second
 * one may be yet to come.
 */
static size_t control_size(const char *s, size_t left)
{
	const unsigned char *c = (const unsigned char *)s;

	if (c[0] < 0x20 || c[0] == 0x7f)
		return 1;
	if (c[0] != 0xc2 || left < 2)
		return c[0] == 0xc2;
	return c[1] >= 0x80 && c[1] <= 0x9f ? 2 : 0;
}

static void put_visibly(FILE *out, const char *s, size_t size)
{
	while (size--)
		fprintf(out, "\\%03o", (unsigned char)*s++);
}

/* @as_is: what stays though it is to be made visible; @also: what else is made visible. */
static void put(FILE *out, const char *text, size_t len, const char *as_is, const char *also)
{
	const char *end = text + len;
	size_t size;

	for (; text < end; text += size ? size : 1) {
		size = control_size(text, end - text);
		if (size == 1 && *text && strchr(as_is, *text))
			fputc(*text, out);
		else if (size || (*text && strchr(also, *text)))
			put_visibly(out, text, size ? size : 1);
		else
			fputc(*text, out);
	}
}

void text_plain(FILE *out, const char *text)
{
	put(out, text, strlen(text), "", "");
}

void text_name(FILE *out, const char *name)
{
	put(out, name, strlen(name), "", "\\");
}

void text_lines(FILE *out, const char *lines, size_t len)
{
	put(out, lines, len, "\n\t", "");
}

size_t text_characters(const char *text)
{
	size_t count = 0;
	int n;

	for (; *text; text += n ? n : 1, count++)
		n = text_utf8_length(text);
	return count;
}

size_t text_fit(const char *text, size_t len, size_t columns)
{
	size_t at = 0;
	int n;

	for (; at < len && columns; columns--) {
		n = text_utf8_length(text + at);
		at += n ? n : 1;
	}
	return at < len ? at : len;
}

int text_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t c;
	int n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	c = s[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* An overlong form, a surrogate, or beyond the last character. */
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || (c >= 0xd800 && c <= 0xdfff) ||
	    c > 0x10ffff)
		return 0;
	return n;
}
