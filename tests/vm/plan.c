// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the plan that the host wrote: lines of "key<TAB>value…".
 *
 *   mode	command | shell | cases
 *   env	NAME=VALUE				set before anything runs
 *   case	NAME	PATH	SECONDS	FEATURE FEATURE…	COMPLAINT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static char *next_field(char **rest)
{
	char *field = strsep(rest, "\t");

	return strdup(field ? field : "");
}

static int add_case(struct plan *plan, char *rest)
{
	struct plan_case *c;
	char *seconds;

	c = realloc(plan->cases, (plan->num_cases + 1) * sizeof(*c));
	if (!c)
		return -ENOMEM;
	plan->cases = c;
	c += plan->num_cases++;
	c->name = next_field(&rest);
	c->path = next_field(&rest);
	seconds = next_field(&rest);
	c->timeout = atoi(seconds);
	free(seconds);
	c->needs = next_field(&rest);
	c->log = next_field(&rest);
	return 0;
}

int plan_read(const char *path, struct plan *plan)
{
	char *line = NULL, *rest, *key;
	size_t size = 0;
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		return -errno;
	while (!err && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		rest = line;
		key = strsep(&rest, "\t");
		if (!strcmp(key, "mode"))
			plan->mode = next_field(&rest);
		else if (!strcmp(key, "env"))
			putenv(next_field(&rest));
		else if (!strcmp(key, "case"))
			err = add_case(plan, rest);
	}
	free(line);
	fclose(f);
	return !err && !plan->mode ? -EINVAL : err;
}
