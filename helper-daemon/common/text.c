// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control characters made visible, see text.h.
 */
#include "text.h"

#include <stdbool.h>

static void put(FILE *out, const char *text, bool backslashes)
{
	unsigned char c;

	for (; *text; text++) {
		c = *text;
		if (c < 0x20 || c == 0x7f || (c == '\\' && backslashes))
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
}

void text_plain(FILE *out, const char *text)
{
	put(out, text, false);
}

void text_name(FILE *out, const char *name)
{
	put(out, name, true);
}
