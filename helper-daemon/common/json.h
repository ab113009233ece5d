/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON.  Whatever bytes a name holds, the output is valid: what is not
 * UTF-8 becomes the lone surrogates that Python's os.fsencode() takes back.
 */
#ifndef EXTFUSE_JSON_H
#define EXTFUSE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int depth;
	bool follows;	/* a value is already in this container */
};

/* @key is NULL in arrays and at the top; @open is '{' or '['. */
void json_open(struct json *j, const char *key, char open);
void json_close(struct json *j, char close);
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif /* EXTFUSE_JSON_H */
