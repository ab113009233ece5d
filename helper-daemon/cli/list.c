// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse list: the extensions that mount, attach and replace find by name.
 */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "guard.h"
#include "json.h"
#include "object.h"
#include "text.h"

#define NAME_WIDTH	16
#define KINDS_WIDTH	38

struct list {
	struct json j;
	bool json;
	const char *name;	/* of the extension at work, and its file */
	const char *path;
	unsigned int count;
	int status;
};

static void object_print(FILE *out, const struct object *o, const char *name)
{
	int n;

	text_name(out, name);
	n = strlen(name);
	fprintf(out, "%*s ", n < NAME_WIDTH ? NAME_WIDTH - n : 0, "");
	n = object_facts_print(out, o, object_kinds, ", ");
	fprintf(out, "%*s ", n < KINDS_WIDTH ? KINDS_WIDTH - n : 0, "");
	if (!object_facts_print(out, o, object_options, " "))
		fputc('-', out);
	fputc('\n', out);
}

/* Of one that cannot be read too: @why. */
static void object_json(struct json *j, const struct list *list, const struct object *o, const char *why)
{
	json_open(j, NULL, '{');
	json_string(j, "name", list->name);
	json_string(j, "file", list->path);
	if (o) {
		object_facts_json(j, "kinds", o, object_kinds);
		json_bool(j, "policy", object_is_policy(o));
		object_facts_json(j, "options", o, object_options);
		json_null(j, "error");
	} else {
		json_string(j, "error", why);
	}
	json_close(j, '}');
}

/* In a process of its own, which is why @list->j does not learn what it wrote. */
static int show(void *arg, FILE *out)
{
	struct list *list = arg;
	struct json j = list->j;
	struct object o;
	char why[1024];
	int err = object_open(&o, list->name, why, sizeof(why));

	j.out = out;
	if (list->json)
		object_json(&j, list, err ? NULL : &o, why);
	else if (!err)
		object_print(out, &o, list->name);
	if (err)
		cli_fail("%s", why);
	object_close(&o);
	return err ? 1 : 0;
}

static int show_next(void *arg, const char *name, const char *path)
{
	struct list *list = arg;
	int status;

	list->name = name;
	list->path = path;
	status = guard_run(show, list);
	if (status < 0) {
		cli_fail("extension %s: " OBJECT_CRASHES, name, path);
		if (list->json)
			object_json(&list->j, list, NULL, "it makes libbpf crash");
	}
	list->j.follows = true;
	list->count++;
	if (status)
		list->status = 1;
	return 0;
}

int do_list(const struct cli_args *args)
{
	struct list list = { .j = { .out = stdout }, .json = args->json };
	int err;

	if (list.json)
		json_open(&list.j, NULL, '[');
	else
		printf("%-*s %-*s options\n", NAME_WIDTH, "extension", KINDS_WIDTH, "what it is");
	err = extfuse_ext__each(show_next, &list);
	if (list.json) {
		list.j.follows = list.count;
		json_close(&list.j, ']');
	}
	if (err)
		return cli_fail("cannot list extensions: %s", strerror(-err));
	if (!list.count && !list.json)
		return cli_fail("no extension is installed: /usr/lib/extfuse/bpf is where they are");
	return list.status;
}
