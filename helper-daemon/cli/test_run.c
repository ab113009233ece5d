// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a file, run on an extension without any mount: see test_run.h.
 */
#include "test_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "load.h"
#include "process.h"

static int one_read(struct test_run *t, size_t i)
{
	struct say say = { "" };

	memset(t->one, 0, sizeof(*t->one));
	t->one->line = t->requests.all[i].number;
	if (test_request_read(t->one, t->requests.all[i].o, &say))
		return cli_fail("%s:%u: %s", t->requests.name, t->one->line, say.text) + 1;
	return 0;
}

int test_run_read(struct test_run *t, const char *file)
{
	size_t i;
	int err = 0;

	t->fd = -1;
	if (lines_read(&t->requests, file))
		return TEST_NOT_RUN;
	t->one = malloc(sizeof(*t->one));
	t->out = calloc(1, EXTFUSE_TEST_MAX + 1);
	if (!t->one || !t->out)
		return cli_fail("out of memory") + 1;
	for (i = 0; !err && i < t->requests.count; i++)
		err = one_read(t, i);
	if (!err && !t->requests.count)
		err = cli_fail("%s: there is no request in it", t->requests.name) + 1;
	return err;
}

int test_run_load(struct test_run *t, const char *ext)
{
	char why[1024] = "";
	int err;

	err = extfuse_ext__open(&t->ext, ext, &t->args->options, why, sizeof(why));
	if (err)
		return cli_fail("%s", why) + 1;
	if (process_may_attach() <= 0)
		return cli_fail("%s: only root may run programs (CAP_SYS_ADMIN and CAP_BPF): use sudo", ext) + 1;
	if (extfuse_module__probe(why, sizeof(why)))
		return cli_fail("%s: %s", ext, why) + 1;
	if (extfuse_ext__load(t->ext, why, sizeof(why)))
		return cli_fail("%s", why) + 1;
	t->fd = device_open();
	if (t->fd >= 0)
		return 0;
	module_no_device(t->fd, why, sizeof(why));
	return cli_fail("%s: %s", ext, why) + 1;
}

/* One phase; its result goes to @line. */
static int phase_run(struct test_run *t, struct extfuse_ioc_test *ioc, const char *key, struct json_object *line)
{
	struct test_request *r = t->one;
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
static int phases_run(struct test_run *t, struct json_object *line)
{
	struct test_request *r = t->one;
	struct extfuse_ioc_test ioc = r->ioc;
	int err;

	if (r->asks) {
		ioc.phase = EXTFUSE_PHASE_REQUEST;
		ioc.out_size = r->room;
		err = phase_run(t, &ioc, "request", line);
		if (err || !r->replies || is_done(&ioc))
			return err;
		memcpy(r->ioc.cookie, ioc.cookie, sizeof(ioc.cookie));
		ioc = r->ioc;
	}
	ioc.phase = EXTFUSE_PHASE_REPLY;
	ioc.error = r->error;
	ioc.out_size = r->error ? 0 : r->reply.len;
	memcpy(t->out, r->reply.bytes, ioc.out_size);
	return phase_run(t, &ioc, "reply", line);
}

int test_run_line(struct test_run *t, size_t i, struct json_object **result)
{
	struct json_object *line;
	int err = one_read(t, i);

	if (err)
		return err;
	line = json_object_new_object();
	json_object_object_add(line, "line", json_object_new_int64(t->one->line));
	json_object_object_add(line, "opcode", json_object_new_string(extfuse_opcode__name(t->one->opcode)));
	err = phases_run(t, line);
	if (err)
		json_object_put(line);
	else
		*result = line;
	return err;
}

void test_run_end(struct test_run *t)
{
	if (t->fd >= 0)
		close(t->fd);
	extfuse_ext__free(t->ext);
	lines_free(&t->requests);
	free(t->one);
	free(t->out);
}
