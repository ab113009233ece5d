/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record of a traced request (struct extfuse_trace), taken apart and shown.
 */
#ifndef EXTFUSE_TRACE_RECORD_H
#define EXTFUSE_TRACE_RECORD_H

#include <linux/fuse.h>
#include <stdio.h>

#include "wire.h"

/* As many lines as 'extfuse test' reads. */
#define TRACE_RECORDED_MAX	10000

struct trace_record {
	const struct extfuse_trace *head;
	const struct wire_opcode *wire;	/* NULL: no program is ever asked about it */
	const char *in;
	const char *out;
	const char *name;		/* of the node; NULL: not known */
	const struct fuse_attr *attr;	/* NULL: the kernel did not have it */
	const struct fuse_attr *child_attr;
};

/* trace_record.c: -1 where the module says what cannot be; @bytes are aligned, and a NUL follows them. */
int trace_record_read(struct trace_record *r, const char *bytes, size_t len);
/* "kernel", "program", "passed", "daemon". */
const char *trace_by(unsigned int by);
struct json_object *trace_inputs(const struct trace_record *r);
/* Of an extended attribute, or the list of them, only the size is asked for. */
bool trace_asks_size(const struct trace_record *r);
/* NULL: it has none. */
struct json_object *trace_outputs(const struct trace_record *r);

/* trace_json.c: as 'extfuse test' reads it, with what was seen in "seen". */
struct json_object *trace_json(const struct trace_record *r);

/* trace_show.c: one line; with @width > 0 no longer than that. */
void trace_show(FILE *out, const struct trace_record *r, int width);

#endif /* EXTFUSE_TRACE_RECORD_H */
