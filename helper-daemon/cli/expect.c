// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a result have all that somebody expects of it?  What is not expected may be anything; so a file
 * of expectations has of each line as much as matters, or all that 'extfuse test' prints.
 */
#include "test_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where in the object, as a path. */
struct place {
	char text[128];
};

static int compare(struct json_object *want, struct json_object *found, const struct place *at, struct say *say);

static struct place below(const struct place *at, const char *key)
{
	struct place p;

	snprintf(p.text, sizeof(p.text), "%.60s%s%.60s", at->text, *at->text ? "." : "", key);
	return p;
}

static int objects_compare(struct json_object *want, struct json_object *found, const struct place *at, struct say *say)
{
	struct json_object *other;
	struct place p;
	int err = 0;

	json_object_object_foreach(want, key, value) {
		p = below(at, key);
		if (!json_object_object_get_ex(found, key, &other))
			return say_set(say, "%s: expected %s, found nothing", p.text, json_object_get_string(value));
		err = compare(value, other, &p, say);
		if (err)
			return err;
	}
	return 0;
}

static int lists_compare(struct json_object *want, struct json_object *found, const struct place *at, struct say *say)
{
	size_t i, n = json_object_array_length(want);
	char number[24];
	struct place p;
	int err = 0;

	if (json_object_array_length(found) != n)
		return say_set(say, "%s: expected %zu elements, found %zu: %s", at->text, n, json_object_array_length(found),
			       json_object_get_string(found));
	for (i = 0; !err && i < n; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		p = below(at, number);
		err = compare(json_object_array_get_idx(want, i), json_object_array_get_idx(found, i), &p, say);
	}
	return err;
}

static int compare(struct json_object *want, struct json_object *found, const struct place *at, struct say *say)
{
	enum json_type type = json_object_get_type(want);

	if (type == json_object_get_type(found) && type == json_type_object)
		return objects_compare(want, found, at, say);
	if (type == json_object_get_type(found) && type == json_type_array)
		return lists_compare(want, found, at, say);
	if (json_object_equal(want, found))
		return 0;
	return say_set(say, "%s: expected %s, found %s", at->text, json_object_get_string(want), json_object_get_string(found));
}

int expect_compare(struct json_object *want, struct json_object *found, struct say *say)
{
	const struct place top = { "" };

	return compare(want, found, &top, say);
}
