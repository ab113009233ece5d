/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wanted of an object of JSON, and a sentence where it is not so.
 */
#ifndef EXTFUSE_JSONIN_H
#define EXTFUSE_JSONIN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* Why not: the first sentence stays. */
struct say {
	char text[256];
};

/* Returns -EINVAL. */
__attribute__((format(printf, 2, 3)))
int say_set(struct say *say, const char *fmt, ...);

/* One line of text: its object, or NULL. */
struct json_object *jsonin_parse(const char *line, size_t len, struct say *say);

/* -EINVAL: @o is no object, or has a key that is not in this list, whose last one is NULL. */
int jsonin_keys(struct json_object *o, const char *what, const char *const *keys, struct say *say);

/*
 * Each leaves *out as it is where there is no such key, and returns 0, or -EINVAL.  A number may be
 * written as a text, which strtoull(3) reads: "0100644".
 */
int jsonin_number(struct json_object *o, const char *key, __u64 max, __u64 *out, struct say *say);
int jsonin_u32(struct json_object *o, const char *key, __u32 *out, struct say *say);
int jsonin_object(struct json_object *o, const char *key, struct json_object **out, struct say *say);
int jsonin_text(struct json_object *o, const char *key, const char **out, struct say *say);

/* A value by itself. */
int jsonin_value(struct json_object *value, const char *key, __u64 max, __u64 *out, struct say *say);

/* An error: 0, a negative number, or a name ("ENOENT"). */
int jsonin_errno(struct json_object *o, const char *key, int *out, struct say *say);

#endif /* EXTFUSE_JSONIN_H */
