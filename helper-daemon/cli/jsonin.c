// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is wanted of JSON, see jsonin.h.  json-c reads it.
 */
#include "jsonin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the kernel's errors. */
#define ERRNO_MAX	511

/* Objects in objects, far more than a request has. */
#define DEPTH_MAX	16

int say_set(struct say *say, const char *fmt, ...)
{
	va_list ap;

	if (*say->text)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(say->text, sizeof(say->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static struct json_object *parse(struct json_tokener *tok, const char *line, size_t len, struct say *say)
{
	struct json_object *o = json_tokener_parse_ex(tok, line, len);
	enum json_tokener_error err = json_tokener_get_error(tok);

	if (err == json_tokener_continue)
		say_set(say, "the line ends within the object");
	else if (err != json_tokener_success)
		say_set(say, "%s at column %zu", json_tokener_error_desc(err), json_tokener_get_parse_end(tok) + 1);
	else if (!json_object_is_type(o, json_type_object))
		say_set(say, "a line is an object, {\"opcode\": …}");
	else
		return o;
	json_object_put(o);
	return NULL;
}

struct json_object *jsonin_parse(const char *line, size_t len, struct say *say)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *o;

	if (!tok) {
		say_set(say, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With its newline or NUL, which ends a number. */
	o = parse(tok, line, len, say);
	json_tokener_free(tok);
	return o;
}

static bool is_among(const char *key, const char *const *keys)
{
	for (; *keys; keys++) {
		if (!strcmp(key, *keys))
			return true;
	}
	return false;
}

int jsonin_keys(struct json_object *o, const char *what, const char *const *keys, struct say *say)
{
	if (!json_object_is_type(o, json_type_object))
		return say_set(say, "%s is an object, {…}", what);
	json_object_object_foreach(o, key, value) {
		(void)value;
		if (!is_among(key, keys))
			return say_set(say, "%s has no '%s'", what, key);
	}
	return 0;
}

static bool text_number(const char *text, __u64 *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

int jsonin_value(struct json_object *value, const char *key, __u64 max, __u64 *out, struct say *say)
{
	__u64 n;

	if (json_object_is_type(value, json_type_string)) {
		if (!text_number(json_object_get_string(value), &n))
			return say_set(say, "'%s' is no number: \"%s\"", key, json_object_get_string(value));
	} else if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_int64(value) < 0)
			return say_set(say, "'%s' is negative", key);
		n = json_object_get_uint64(value);
	} else {
		return say_set(say, "'%s' wants a whole number", key);
	}
	if (n > max)
		return say_set(say, "'%s' is larger than %llu", key, (unsigned long long)max);
	*out = n;
	return 0;
}

int jsonin_number(struct json_object *o, const char *key, __u64 max, __u64 *out, struct say *say)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? jsonin_value(value, key, max, out, say) : 0;
}

int jsonin_u32(struct json_object *o, const char *key, __u32 *out, struct say *say)
{
	__u64 n = *out;
	int err = jsonin_number(o, key, UINT32_MAX, &n, say);

	*out = n;
	return err;
}

int jsonin_object(struct json_object *o, const char *key, struct json_object **out, struct say *say)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_object))
		return say_set(say, "'%s' is an object, {…}", key);
	*out = value;
	return 0;
}

int jsonin_text(struct json_object *o, const char *key, const char **out, struct say *say)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return say_set(say, "'%s' wants a text", key);
	*out = json_object_get_string(value);
	if (strlen(*out) != (size_t)json_object_get_string_len(value))
		return say_set(say, "'%s' has a NUL in it", key);
	return 0;
}

static int errno_by_name(const char *name)
{
	const char *known;
	int n;

	for (n = 1; n <= ERRNO_MAX; n++) {
		known = strerrorname_np(n);
		if (known && !strcmp(known, name))
			return -n;
	}
	return 0;
}

int jsonin_errno(struct json_object *o, const char *key, int *out, struct say *say)
{
	struct json_object *value;
	int64_t n;

	if (!json_object_object_get_ex(o, key, &value))
		return 0;
	if (json_object_is_type(value, json_type_string))
		n = errno_by_name(json_object_get_string(value));
	else if (json_object_is_type(value, json_type_int))
		n = json_object_get_int64(value);
	else
		n = 1;
	if (n > 0 || n < -ERRNO_MAX || (!n && json_object_is_type(value, json_type_string)))
		return say_set(say, "'%s' is 0, a negative number, or the name of an error: \"ENOENT\"", key);
	*out = n;
	return 0;
}
