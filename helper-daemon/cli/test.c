// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse test: the programs of an extension are run on requests that somebody has written, one a line,
 * without any mount; the results are lines, which can be compared with those that are expected.
 *
 * Exit status: 0 all was run, and is as expected; 1 something differs; 2 it could not be run.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "lines.h"
#include "load.h"
#include "process.h"
#include "test_request.h"

#define DIFFERS		1
#define NOT_RUN		2

struct test {
	const struct cli_args *args;
	struct lines requests;
	struct lines expected;
	struct test_request *all;	/* as many as there are lines of requests */
	struct extfuse_ext *ext;
	int fd;
	bool differs;
	char *out;			/* EXTFUSE_TEST_MAX bytes, and a NUL */
};

static int requests_read(struct test *t)
{
	const char *file = t->args->file ? t->args->file : "-";
	struct say say = { "" };
	size_t i;

	if (lines_read(&t->requests, file))
		return NOT_RUN;
	t->all = calloc(t->requests.count, sizeof(*t->all));
	t->out = calloc(1, EXTFUSE_TEST_MAX + 1);
	if ((t->requests.count && !t->all) || !t->out)
		return cli_fail("out of memory") + 1;
	for (i = 0; i < t->requests.count; i++) {
		t->all[i].line = t->requests.all[i].number;
		if (test_request_read(&t->all[i], t->requests.all[i].o, &say))
			return cli_fail("%s:%u: %s", t->requests.name, t->all[i].line, say.text) + 1;
	}
	if (!t->requests.count)
		return cli_fail("%s: there is no request in it", t->requests.name) + 1;
	return 0;
}

/* Here is found what is wrong with the extension, before anything is run. */
static int extension_load(struct test *t)
{
	const char *name = t->args->mount;
	char why[1024] = "";
	int err;

	err = extfuse_ext__open(&t->ext, name, &t->args->options, why, sizeof(why));
	if (err)
		return cli_fail("%s", why) + 1;
	if (process_may_attach() <= 0)
		return cli_fail("%s: only root may run programs (CAP_SYS_ADMIN and CAP_BPF): use sudo", name) + 1;
	if (extfuse_module__probe(why, sizeof(why)))
		return cli_fail("%s: %s", name, why) + 1;
	if (extfuse_ext__load(t->ext, why, sizeof(why)))
		return cli_fail("%s", why) + 1;
	t->fd = device_open();
	if (t->fd >= 0)
		return 0;
	module_no_device(t->fd, why, sizeof(why));
	return cli_fail("%s: %s", name, why) + 1;
}

/* One phase; its result goes to @line. */
static int phase_run(struct test *t, struct test_request *r, struct extfuse_ioc_test *ioc, const char *key,
		     struct json_object *line)
{
	char why[1024] = "";
	int err;

	ioc->in = (__u64)(unsigned long)r->in.bytes;
	ioc->in_size = r->in.len;
	ioc->out = (__u64)(unsigned long)t->out;
	err = extfuse_ext__test(t->ext, t->fd, ioc, why, sizeof(why));
	if (err == -EINVAL || err == -EOPNOTSUPP)
		return cli_fail("%s:%u: extfuse.ko takes no such request: %s: %s", t->requests.name, r->line,
				extfuse_opcode__name(r->opcode), why) + 1;
	if (err)
		return cli_fail("%s:%u: %s", t->requests.name, r->line, why) + 1;
	t->out[ioc->out_size] = '\0';
	json_object_object_add(line, key, test_result(r, ioc, t->out, t->args->verbose));
	return 0;
}

static bool is_done(const struct extfuse_ioc_test *ioc)
{
	return ioc->result == EXTFUSE_TEST_ANSWERED || ioc->result == EXTFUSE_TEST_REFUSED;
}

/* As the module asks: the reply program where the request program has not ended it. */
static int request_run(struct test *t, struct test_request *r, struct json_object *line)
{
	struct extfuse_ioc_test ioc = r->ioc;
	int err;

	if (r->asks) {
		ioc.phase = EXTFUSE_PHASE_REQUEST;
		ioc.out_size = r->room;
		err = phase_run(t, r, &ioc, "request", line);
		if (err || !r->replies || is_done(&ioc))
			return err;
		memcpy(r->ioc.cookie, ioc.cookie, sizeof(ioc.cookie));
		ioc = r->ioc;
	}
	ioc.phase = EXTFUSE_PHASE_REPLY;
	ioc.error = r->error;
	ioc.out_size = r->error ? 0 : r->reply.len;
	memcpy(t->out, r->reply.bytes, ioc.out_size);
	return phase_run(t, r, &ioc, "reply", line);
}

static void line_compare(struct test *t, size_t i, struct json_object *line)
{
	struct say say = { "" };

	if (!t->args->expect || i >= t->expected.count || !expect_compare(t->expected.all[i].o, line, &say))
		return;
	cli_fail("%s:%u: %s:%u: %s", t->expected.name, t->expected.all[i].number, t->requests.name, t->all[i].line, say.text);
	t->differs = true;
}

static int all_run(struct test *t)
{
	struct json_object *line;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < t->requests.count; i++) {
		line = json_object_new_object();
		json_object_object_add(line, "line", json_object_new_int64(t->all[i].line));
		json_object_object_add(line, "opcode", json_object_new_string(extfuse_opcode__name(t->all[i].opcode)));
		err = request_run(t, &t->all[i], line);
		if (!err) {
			puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
			line_compare(t, i, line);
		}
		json_object_put(line);
	}
	if (!err && t->args->expect && t->expected.count != t->requests.count) {
		cli_fail("%s has %zu lines, and there are %zu results", t->expected.name, t->expected.count, t->requests.count);
		t->differs = true;
	}
	return err;
}

int do_test(const struct cli_args *args)
{
	struct test t = { .args = args, .fd = -1 };
	int err;

	err = requests_read(&t);
	if (!err && args->expect)
		err = lines_read(&t.expected, args->expect) ? NOT_RUN : 0;
	if (!err)
		err = extension_load(&t);
	if (!err)
		err = all_run(&t);
	if (t.fd >= 0)
		close(t.fd);
	extfuse_ext__free(t.ext);
	lines_free(&t.requests);
	lines_free(&t.expected);
	free(t.all);
	free(t.out);
	if (fflush(stdout))
		err = cli_fail("cannot write: %s", strerror(errno)) + 1;
	return err ? err : t.differs ? DIFFERS : 0;
}
