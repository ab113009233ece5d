/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names in lines of text: they may hold anything but a slash and a NUL, and must
 * neither begin a line of their own nor steer a terminal.
 */
#ifndef EXTFUSE_TEXT_H
#define EXTFUSE_TEXT_H

#include <stdio.h>

/* Writes @text with its control characters as \ooo. */
void text_plain(FILE *out, const char *text);

/* The same for a name by itself, with its backslashes as \134: as mountinfo writes it. */
void text_name(FILE *out, const char *name);

/* Writes @len bytes of what a program has said; newlines and tabs stay as they are. */
void text_lines(FILE *out, const char *lines, size_t len);

/* Bytes of the UTF-8 character at @text, 0 if there is none. */
int text_utf8_length(const char *text);

/* How many characters there are; a byte that is none counts as one. */
size_t text_characters(const char *text);

/* Bytes of the first @columns of them, of @len bytes. */
size_t text_fit(const char *text, size_t len, size_t columns);

#endif /* EXTFUSE_TEXT_H */
