// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse test: the programs of an extension are run on requests that somebody has written, one a line,
 * without any mount; the results are lines, which can be compared with those that are expected.
 *
 * Exit status: 0 all was run, and is as expected; 1 something differs; 2 it could not be run.
 */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "test_run.h"

#define DIFFERS		1

struct test {
	struct test_run run;
	struct lines expected;
	bool differs;
};

static void line_compare(struct test *t, size_t i, struct json_object *line)
{
	struct say say = { "" };

	if (!t->run.args->expect || i >= t->expected.count || !expect_compare(t->expected.all[i].o, line, &say))
		return;
	cli_fail("%s:%u: %s:%u: %s", t->expected.name, t->expected.all[i].number, t->run.requests.name,
		 t->run.requests.all[i].number, say.text);
	t->differs = true;
}

static int all_run(struct test *t)
{
	struct json_object *line;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < t->run.requests.count; i++) {
		err = test_run_line(&t->run, i, &line);
		if (err)
			break;
		puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		line_compare(t, i, line);
		json_object_put(line);
	}
	if (!err && t->run.args->expect && t->expected.count != t->run.requests.count) {
		cli_fail("%s has %zu lines, and there are %zu results", t->expected.name, t->expected.count,
			 t->run.requests.count);
		t->differs = true;
	}
	return err;
}

int do_test(const struct cli_args *args)
{
	struct test t = { .run = { .args = args, .fd = -1 } };
	int err;

	err = test_run_read(&t.run, args->file ? args->file : "-");
	if (!err && args->expect)
		err = lines_read(&t.expected, args->expect) ? TEST_NOT_RUN : 0;
	if (!err)
		err = test_run_load(&t.run, args->mount);
	if (!err)
		err = all_run(&t);
	test_run_end(&t.run);
	lines_free(&t.expected);
	if (fflush(stdout))
		err = cli_fail("cannot write: %s", strerror(errno)) + 1;
	return err ? err : t.differs ? DIFFERS : 0;
}
