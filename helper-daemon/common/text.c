// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control characters made visible, see text.h.
 */
#include "text.h"

#include <stdbool.h>

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static void put_char(FILE *out, unsigned char c, bool visibly)
{
	if (visibly)
		fprintf(out, "\\%03o", c);
	else
		fputc(c, out);
}

static void put(FILE *out, const char *text, bool backslashes)
{
	for (; *text; text++)
		put_char(out, *text, is_control(*text) || (*text == '\\' && backslashes));
}

void text_plain(FILE *out, const char *text)
{
	put(out, text, false);
}

void text_name(FILE *out, const char *name)
{
	put(out, name, true);
}

void text_lines(FILE *out, const char *lines, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		put_char(out, lines[i], is_control(lines[i]) && lines[i] != '\n' && lines[i] != '\t');
}
