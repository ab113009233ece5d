/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of JSON, one object a line; empty lines are passed over.
 */
#ifndef EXTFUSE_LINES_H
#define EXTFUSE_LINES_H

#include <json-c/json.h>
#include <stddef.h>

struct line {
	unsigned int number;
	struct json_object *o;
};

struct lines {
	const char *name;
	struct line *all;
	size_t count;
};

/* "-" is standard input.  Returns 0, or 1 after it has said what is wrong with which line. */
int lines_read(struct lines *l, const char *name);
void lines_free(struct lines *l);

#endif /* EXTFUSE_LINES_H */
