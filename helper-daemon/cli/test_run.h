/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of requests, and an extension that they are run on, one after the other.
 */
#ifndef EXTFUSE_TEST_RUN_H
#define EXTFUSE_TEST_RUN_H

#include "cli.h"
#include "lines.h"
#include "test_request.h"

/* Exit status of what could not be run. */
#define TEST_NOT_RUN	2

struct test_run {
	const struct cli_args *args;
	struct lines requests;
	struct test_request *one;	/* the line that is at work */
	struct extfuse_ext *ext;
	int fd;
	char *out;			/* EXTFUSE_TEST_MAX bytes, and a NUL */
};

/* Reads the file; each line is looked at before any is run.  0, or a status after it has said why. */
int test_run_read(struct test_run *t, const char *file);
/* Here is found what is wrong with the extension. */
int test_run_load(struct test_run *t, const char *ext);
/* Runs line @i, which becomes t->one; *result: what came of it, the caller's. */
int test_run_line(struct test_run *t, size_t i, struct json_object **result);
void test_run_end(struct test_run *t);

#endif /* EXTFUSE_TEST_RUN_H */
