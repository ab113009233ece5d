// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse stats: the module's counters of one mount per opcode; as metrics of all mounts, too.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_sizes.h"
#include "counters.h"
#include "json.h"
#include "openmetrics.h"

static void stats_print(const struct extfuse_op_stats *ops)
{
	struct opcode_label label;
	const struct counter *c;
	unsigned int op;

	printf("%-16s", "opcode");
	for (c = counters; c->name; c++) {
		if (c->title)
			printf(" %10s", c->title);
	}
	printf(" %10s\n", "ns per run");
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (!counters_any(&ops[op]))
			continue;
		printf("%-16s", opcode_label(&label, op));
		for (c = counters; c->name; c++) {
			if (c->title)
				printf(" %10llu", (unsigned long long)counter_of(&ops[op], c));
		}
		if (ops[op].samples)
			printf(" %10llu\n", (unsigned long long)(ops[op].sample_ns / ops[op].samples));
		else
			printf(" %10s\n", "-");
	}
}

static void caches_print(const struct cache_sizes *sizes)
{
	const struct cache_size *s;

	if (!sizes->count)
		return;
	printf("\n%-16s %10s %10s %12s\n", "cache", "entries", "of", "bytes");
	for (s = sizes->sizes; s < sizes->sizes + sizes->count; s++)
		printf("%-16s %10llu %10llu %12llu\n", s->name, (unsigned long long)s->entries,
		       (unsigned long long)s->max_entries, (unsigned long long)s->bytes);
}

static void caches_json(struct json *j, const struct cache_sizes *sizes)
{
	const struct cache_size *s;

	json_open(j, "caches", '{');
	for (s = sizes->sizes; s < sizes->sizes + sizes->count; s++) {
		json_open(j, s->name, '{');
		json_number(j, "entries", s->entries);
		json_number(j, "max_entries", s->max_entries);
		json_number(j, "bytes", s->bytes);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void stats_json(const struct mount_entry *e, const struct extfuse_op_stats *ops, const struct cache_sizes *sizes)
{
	struct json j = { .out = stdout };
	struct opcode_label label;
	const struct counter *c;
	unsigned int op;

	json_open(&j, NULL, '{');
	json_string(&j, "source", e->source);
	json_string(&j, "target", e->target);
	json_number(&j, "connection", e->conn);
	json_open(&j, "opcodes", '{');
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (!counters_any(&ops[op]))
			continue;
		json_open(&j, opcode_label(&label, op), '{');
		for (c = counters; c->name; c++)
			json_number(&j, c->name, counter_of(&ops[op], c));
		json_close(&j, '}');
	}
	json_close(&j, '}');
	caches_json(&j, sizes);
	json_close(&j, '}');
}

/* Returns 0, or 1 after it has said what is wrong.  If nothing was ever attached, nothing was counted. */
static int metrics_read(struct metrics *m, const struct cli_target *t, const struct mount_entry *e)
{
	int err;

	m->e = e;
	err = extfuse_conn__query(t->fd, e->conn, &m->query);
	if (!err)
		err = extfuse_conn__stats(t->fd, e->conn, m->ops);
	if (err && err != -ENODATA)
		return cli_no_counters(e->target, err);
	if (extfuse_backing__list(t->fd, e->conn, NULL, 0, &m->backing) < 0)
		m->backing = 0;
	return 0;
}

/* Of several mounts of one connection the first one counts, of several on one directory the last. */
static bool is_another(const struct cli_target *t, const struct mount_entry *e, const struct metrics *m, size_t count)
{
	const struct mount_entry *later;

	for (later = e + 1; later < t->list.entries + t->list.count; later++) {
		if (!strcmp(later->target, e->target))
			return false;
	}
	while (count--) {
		if (m[count].e->conn == e->conn)
			return false;
	}
	return true;
}

/* Of those that cannot be asked something is said, and nothing shown. */
static int stats_metrics(const struct cli_target *t)
{
	struct metrics *m = calloc(t->list.count + 1, sizeof(*m));
	const struct mount_entry *e;
	size_t n = 0, i;
	int status = 0;

	if (!m)
		return cli_fail("out of memory");
	for (i = 0; i < t->list.count; i++) {
		e = &t->list.entries[i];
		if (t->e && t->e != e)
			continue;
		if (!t->e && !is_another(t, e, m, n))
			continue;
		if (metrics_read(&m[n], t, e))
			status = 1;
		else
			n++;
	}
	openmetrics_print(stdout, m, n);
	free(m);
	return status;
}

static int stats_one(const struct cli_args *args, const struct cli_target *t)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES] = { 0 };
	int err = extfuse_conn__stats(t->fd, t->e->conn, ops);
	struct cache_sizes sizes = { 0 };

	/* If nothing was ever attached, nothing was counted, which in JSON is an answer too. */
	if (err == -ENODATA && args->json)
		err = 0;
	if (err)
		return cli_no_counters(args->mount, err);
	err = cache_sizes_get(&sizes, t->fd, t->e->conn);
	if (err)
		cli_fail("%s: its caches cannot be counted: %s", args->mount, strerror(-err));
	if (args->json) {
		stats_json(t->e, ops, &sizes);
	} else {
		stats_print(ops);
		caches_print(&sizes);
	}
	free(sizes.sizes);
	return 0;
}

int do_stats(const struct cli_args *args)
{
	struct cli_target t;
	int status;

	if (!args->mount && !args->openmetrics)
		return cli_fail("usage: extfuse stats MOUNT [--json], or extfuse stats [MOUNT] --openmetrics") + 1;
	if (cli_open(&t, args->mount))
		return 1;
	status = args->openmetrics ? stats_metrics(&t) : stats_one(args, &t);
	cli_close(&t);
	return status;
}
