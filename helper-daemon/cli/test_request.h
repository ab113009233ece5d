/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of a file of requests for 'extfuse test', and what came of it.
 */
#ifndef EXTFUSE_TEST_REQUEST_H
#define EXTFUSE_TEST_REQUEST_H

#include <linux/fuse.h>

#include "wire.h"

struct test_request {
	unsigned int line;
	unsigned int opcode;
	const struct wire_opcode *wire;
	bool asks;			/* has a request phase */
	bool replies;			/* has a daemon's reply */
	bool asks_size;			/* of a value: the answer has another form */
	struct extfuse_ioc_test ioc;	/* what both phases have; its pointers are into this structure */
	struct fuse_attr attr, child_attr;
	int error;			/* of the reply */
	__u32 room;			/* for an answer */
	struct wire_bytes in;
	struct wire_bytes reply;
};

/* test_line.c: out of an object.  Returns 0, or -EINVAL with the reason in @say. */
int test_request_read(struct test_request *r, struct json_object *o, struct say *say);

/* What a line has of 'flags'. */
struct json_object *test_flags(__u32 flags);

/* test_show.c: "UPCALL", "KEEP", "ENOENT", "0"; and why one does not stand, NULL: it does. */
struct verdict_label {
	char text[24];
};

const char *test_verdict(struct verdict_label *label, int verdict, bool reply);
const char *test_error(struct verdict_label *label, int error);
const char *test_why(unsigned int why);

/* test_show.c: what @ioc says of a phase, with its outputs at @out, which a NUL follows. */
struct json_object *test_result(const struct test_request *r, const struct extfuse_ioc_test *ioc, const void *out,
				bool verbose);

/* expect.c: does @found have all that @want has?  Else -EINVAL, and what differs in @say. */
int expect_compare(struct json_object *want, struct json_object *found, struct say *say);

#endif /* EXTFUSE_TEST_REQUEST_H */
