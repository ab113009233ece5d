// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse stats: the module's counters of one mount, per opcode.
 */
#include "cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* One table for both outputs. */
static const struct {
	const char *name;	/* in JSON */
	const char *title;	/* in the table; NULL: not there */
	size_t at;
} columns[] = {
	{ "answered", "answered", offsetof(struct extfuse_op_stats, answered) },
	{ "passed", "passed", offsetof(struct extfuse_op_stats, passed) },
	{ "kept", "kept", offsetof(struct extfuse_op_stats, kept) },
	{ "failed", "failed", offsetof(struct extfuse_op_stats, failed) },
	{ "upcalls", "sent up", offsetof(struct extfuse_op_stats, upcalls) },
	{ "bad", "bad", offsetof(struct extfuse_op_stats, bad) },
	{ "stale", "stale", offsetof(struct extfuse_op_stats, stale) },
	{ "replies", "replies", offsetof(struct extfuse_op_stats, replies) },
	{ "changed", "changed", offsetof(struct extfuse_op_stats, changed) },
	{ "differed", "differed", offsetof(struct extfuse_op_stats, differed) },
	{ "samples", NULL, offsetof(struct extfuse_op_stats, samples) },
	{ "sample_ns", NULL, offsetof(struct extfuse_op_stats, sample_ns) },
};

#define NCOLUMNS	(sizeof(columns) / sizeof(*columns))

static __u64 column_value(const struct extfuse_op_stats *s, size_t column)
{
	return *(const __u64 *)((const char *)s + columns[column].at);
}

static bool any(const struct extfuse_op_stats *s)
{
	static const struct extfuse_op_stats none;

	return memcmp(s, &none, sizeof(none));
}

static void opcode_label(char *buf, size_t size, unsigned int op)
{
	const char *name = extfuse_opcode__name(op);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "OPCODE_%u", op);
}

static void stats_print(const struct extfuse_op_stats *ops)
{
	unsigned int op;
	char label[32];
	size_t c;

	printf("%-16s", "opcode");
	for (c = 0; c < NCOLUMNS; c++) {
		if (columns[c].title)
			printf(" %10s", columns[c].title);
	}
	printf(" %10s\n", "ns per run");
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (!any(&ops[op]))
			continue;
		opcode_label(label, sizeof(label), op);
		printf("%-16s", label);
		for (c = 0; c < NCOLUMNS; c++) {
			if (columns[c].title)
				printf(" %10llu", (unsigned long long)column_value(&ops[op], c));
		}
		if (ops[op].samples)
			printf(" %10llu\n", (unsigned long long)(ops[op].sample_ns / ops[op].samples));
		else
			printf(" %10s\n", "-");
	}
}

static void stats_json(const struct mount_entry *e, const struct extfuse_op_stats *ops)
{
	struct json j = { .out = stdout };
	unsigned int op;
	char label[32];
	size_t c;

	json_open(&j, NULL, '{');
	json_string(&j, "source", e->source);
	json_string(&j, "target", e->target);
	json_number(&j, "connection", e->conn);
	json_open(&j, "opcodes", '{');
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (!any(&ops[op]))
			continue;
		opcode_label(label, sizeof(label), op);
		json_open(&j, label, '{');
		for (c = 0; c < NCOLUMNS; c++)
			json_number(&j, columns[c].name, column_value(&ops[op], c));
		json_close(&j, '}');
	}
	json_close(&j, '}');
	json_close(&j, '}');
}

int do_stats(const struct cli_args *args)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES] = { 0 };
	struct cli_target t;
	int err;

	if (cli_open(&t, args->mount))
		return 1;
	err = extfuse_conn__stats(t.fd, t.e->conn, ops);
	/* If nothing was ever attached, nothing was counted, which in JSON is an answer too. */
	if (err == -ENODATA && args->json)
		err = 0;
	if (err == -ENODATA)
		cli_fail("%s has no counters: no extension was ever attached", args->mount);
	else if (err == -EPERM)
		cli_fail("%s: only root may read the counters: use sudo", args->mount);
	else if (err)
		cli_fail("%s: cannot read the counters: %s", args->mount, strerror(-err));
	else if (args->json)
		stats_json(t.e, ops);
	else
		stats_print(ops);
	cli_close(&t);
	return err ? 1 : 0;
}
