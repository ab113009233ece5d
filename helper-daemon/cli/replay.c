// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse replay: what 'extfuse trace --record' has written goes through an extension, perhaps another
 * one, and is compared with what was seen: who answers, with which error, and with what.
 *
 * Exit status: 0 nothing differs; 1 something does; 2 it could not be run.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test_run.h"
#include "text.h"

#define DIFFERS		1

/* Who answered a request, and how. */
struct outcome {
	const char *by;		/* as in "seen" */
	const char *error;	/* NULL: none */
	const char *why;	/* a verdict that does not stand */
	bool is_known;		/* what the caller got, if not who it is from */
};

/* Requests that went from one outcome to another. */
struct change {
	char text[128];
	size_t count;
};

#define CHANGES_MAX	64

struct replay {
	struct test_run run;
	struct change changes[CHANGES_MAX];
	size_t differ;
	size_t skipped;
};

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, key, &value);
	return value;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static int seen_read(struct json_object *line, struct outcome *out)
{
	struct json_object *seen = member(line, "seen");

	out->by = text(seen, "by");
	out->error = text(seen, "errno");
	out->why = text(seen, "why");
	out->is_known = true;
	return out->by ? 0 : -1;
}

static const char *by_of(const char *result)
{
	if (!strcmp(result, "answered") || !strcmp(result, "refused"))
		return "program";
	if (!strcmp(result, "passthrough"))
		return "passed";
	return strcmp(result, "reuse") ? "daemon" : "kernel";
}

static void now_read(struct json_object *result, struct outcome *out)
{
	struct json_object *request = member(result, "request"), *reply = member(result, "reply");
	const char *word = text(request, "result"), *replied = text(reply, "result");

	out->by = by_of(word ? word : "upcall");
	out->why = text(request, "why");
	/* A reply that was not recorded may be any, and one that no program sees is as it was. */
	out->is_known = !strcmp(out->by, "program") || (replied && strcmp(replied, "no program"));
	out->error = text(reply ? reply : request, "errno");
}

/* They say for how long from now on, and now is another time. */
static bool is_lifetime(const char *key)
{
	return !strcmp(key, "attr_valid") || !strcmp(key, "attr_valid_nsec") || !strcmp(key, "entry_valid") ||
	       !strcmp(key, "entry_valid_nsec");
}

static struct json_object *without_lifetimes(struct json_object *from)
{
	struct json_object *to;
	size_t i;

	if (json_object_is_type(from, json_type_array)) {
		to = json_object_new_array();
		for (i = 0; i < json_object_array_length(from); i++)
			json_object_array_add(to, without_lifetimes(json_object_array_get_idx(from, i)));
		return to;
	}
	if (!json_object_is_type(from, json_type_object))
		return json_object_get(from);
	to = json_object_new_object();
	json_object_object_foreach(from, key, value) {
		if (!is_lifetime(key))
			json_object_object_add(to, key, without_lifetimes(value));
	}
	return to;
}

/* Is the caller answered as it was then? */
static bool answers_differ(struct json_object *line, struct json_object *result, struct say *say)
{
	struct json_object *then = member(member(line, "reply"), "out");
	struct json_object *reply = member(result, "reply"), *now = member(reply ? reply : member(result, "request"), "out");
	bool differ;

	if (!then || !now)
		return false;
	then = without_lifetimes(then);
	now = without_lifetimes(now);
	differ = expect_compare(then, now, say);
	json_object_put(then);
	json_object_put(now);
	return differ;
}

static bool outcomes_differ(const struct outcome *then, const struct outcome *now)
{
	if (strcmp(then->by, now->by))
		return true;
	if (!now->is_known)
		return false;
	return strcmp(then->error ? then->error : "", now->error ? now->error : "");
}

static void outcome_text(char *to, size_t size, const struct outcome *o)
{
	snprintf(to, size, "%s%s%s%s%s", o->by, o->is_known && o->error ? " " : "", o->is_known && o->error ? o->error : "",
		 o->why ? " " : "", o->why ? o->why : "");
}

static void change_count(struct replay *r, const char *change)
{
	size_t i;

	for (i = 0; i < CHANGES_MAX - 1 && *r->changes[i].text && strcmp(r->changes[i].text, change); i++)
		;
	if (!r->changes[i].count++)
		snprintf(r->changes[i].text, sizeof(r->changes[i].text), "%s", i < CHANGES_MAX - 1 ? change : "others");
}

/* "12: LOOKUP 1 "name"", whatever is in the name. */
static void request_print(const struct test_run *run, struct json_object *line)
{
	struct json_object *in = member(line, "in");
	const char *name = text(in, "name") ? text(in, "name") : text(member(line, "seen"), "name");

	printf("%u: %s %llu", run->one->line, extfuse_opcode__name(run->one->opcode),
	       (unsigned long long)json_object_get_uint64(member(line, "nodeid")));
	if (name) {
		fputs(" \"", stdout);
		text_name(stdout, name);
		fputc('"', stdout);
	}
}

static void line_compare(struct replay *r, struct json_object *line, struct json_object *result)
{
	char from[48], to[48], change[128];
	struct outcome then, now;
	struct say say = { "" };

	if (seen_read(line, &then) || !strcmp(then.by, "kernel")) {
		r->skipped++;
		return;
	}
	now_read(result, &now);
	if (!outcomes_differ(&then, &now) && !answers_differ(line, result, &say))
		return;
	outcome_text(from, sizeof(from), &then);
	outcome_text(to, sizeof(to), &now);
	snprintf(change, sizeof(change), "%s -> %s%s", from, to, *say.text ? ", another answer" : "");
	change_count(r, change);
	r->differ++;
	request_print(&r->run, line);
	fputs(": ", stdout);
	text_plain(stdout, change);
	if (*say.text) {
		fputs(": ", stdout);
		text_plain(stdout, say.text);
	}
	putchar('\n');
}

static int all_run(struct replay *r)
{
	struct json_object *result;
	size_t i;
	int err;

	for (i = 0; i < r->run.requests.count; i++) {
		err = test_run_line(&r->run, i, &result);
		if (err)
			return err;
		line_compare(r, r->run.requests.all[i].o, result);
		json_object_put(result);
	}
	return 0;
}

static void summary_print(const struct replay *r)
{
	size_t i;

	printf("%zu requests, %zu differ", r->run.requests.count, r->differ);
	if (r->skipped)
		printf(", %zu cannot be compared", r->skipped);
	putchar('\n');
	for (i = 0; i < CHANGES_MAX && r->changes[i].count; i++) {
		printf("%8zu ", r->changes[i].count);
		/* The words of the file may be anything. */
		text_plain(stdout, r->changes[i].text);
		putchar('\n');
	}
}

int do_replay(const struct cli_args *args)
{
	struct replay r = { .run = { .args = args, .fd = -1 } };
	int err;

	err = test_run_read(&r.run, args->mount);
	if (!err)
		err = test_run_load(&r.run, args->ext);
	if (!err)
		err = all_run(&r);
	if (!err)
		summary_print(&r);
	test_run_end(&r.run);
	if (fflush(stdout))
		err = cli_fail("cannot write: %s", strerror(errno)) + 1;
	return err ? err : r.differ ? DIFFERS : 0;
}
