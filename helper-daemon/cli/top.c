// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse top: looks at the counters again and again, and shows who answers now.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caches.h"
#include "counters.h"
#include "latency.h"
#include "look.h"
#include "screen.h"
#include "view.h"

/* More often than that nobody can read it, and the reading would cost. */
#define INTERVAL_MIN	0.1
#define INTERVAL_MAX	3600

struct top {
	struct looks looks;
	bool mounts;		/* rows are mounts */
	bool total;		/* shares of all, not of what came since the look before */
	struct latency *latency;	/* NULL: nobody has asked how long callers wait */
	bool times;		/* that is shown */
	enum view_order order;
};

static void row_of_mount(const struct top *top, const struct sample *s, struct view_row *row)
{
	const struct sample *before = look_before(&top->looks, s);
	unsigned int op;

	row->name = s->e->target;
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		view_add(&row->now, &s->ops[op]);
		/* Of a mount that is new, nothing has happened since the look before. */
		view_add(&row->before, before ? &before->ops[op] : &s->ops[op]);
	}
}

static void row_of_opcode(const struct top *top, unsigned int op, struct view_row *row)
{
	const struct sample *s, *before;

	for (s = top->looks.now.samples; s < top->looks.now.samples + top->looks.now.count; s++) {
		before = look_before(&top->looks, s);
		view_add(&row->now, &s->ops[op]);
		view_add(&row->before, before ? &before->ops[op] : &s->ops[op]);
	}
}

/* A row for each mount, or for each opcode that has been seen. */
struct rows {
	struct view_row *rows;
	struct opcode_label labels[EXTFUSE_OPCODES];
	size_t count;
};

static int rows_fill(const struct top *top, struct rows *r)
{
	struct view_row *row;
	unsigned int op;
	size_t i;

	r->rows = calloc(top->looks.now.count + EXTFUSE_OPCODES, sizeof(*r->rows));
	if (!r->rows)
		return -ENOMEM;
	for (i = 0; top->mounts && i < top->looks.now.count; i++)
		row_of_mount(top, &top->looks.now.samples[i], &r->rows[r->count++]);
	for (op = 0; !top->mounts && op < EXTFUSE_OPCODES; op++) {
		row = &r->rows[r->count];
		row->name = opcode_label(&r->labels[op], op);
		row_of_opcode(top, op, row);
		if (top->times)
			latency_get(top->latency, op, top->total, &row->times);
		if (counters_any(&row->now))
			r->count++;
	}
	return 0;
}

static const char *extension_of(const struct sample *s)
{
	switch (s->query.state) {
	case EXTFUSE_STATE_NONE:
		return "no extension was attached";
	case EXTFUSE_STATE_ATTACHED:
		return s->query.name;
	default:
		return extfuse_state__explain(s->query.state);
	}
}

static void title_print(const struct top *top, char *title, size_t size)
{
	const struct sample *s = top->looks.now.samples;
	char keeps[96] = "", lost[64] = "";

	if (top->looks.t.e && s->query.state == EXTFUSE_STATE_ATTACHED)
		caches_title(&s->query, keeps, sizeof(keeps));
	if (top->times && latency_lost(top->latency))
		snprintf(lost, sizeof(lost), ", %llu requests unseen", (unsigned long long)latency_lost(top->latency));
	if (top->looks.t.e)
		snprintf(title, size, "%s: %s%s%s", top->looks.t.e->target, extension_of(s), keeps, lost);
	else
		snprintf(title, size, "%zu extfuse mount%s", top->looks.now.count, top->looks.now.count == 1 ? "" : "s");
}

static const char *const orders[VIEW_ORDERS] = {
	[ORDER_RATE] = "rate", [ORDER_REQUESTS] = "requests", [ORDER_DAEMON] = "daemon", [ORDER_TIME] = "ns/run", [ORDER_NAME] = "name",
};

static void keys_print(const struct top *top, char *keys, size_t size)
{
	const char *more = "";

	if (top->latency)
		more = top->times ? "  l: times" : "  l: shares";
	else if (!top->looks.t.e)
		more = top->mounts ? "  m: mounts" : "  m: opcodes";
	snprintf(keys, size, "q: quit  s: sorted by %s  t: %s%s",
		 top->times && top->order == ORDER_TIME ? "p99" : orders[top->order],
		 !top->total ? "of the last look" : top->times ? "since top began" : "since the attach", more);
}

static int page_print(const struct top *top, FILE *out, int columns, int lines)
{
	char title[4096 + 256], keys[96];
	struct rows rows = { 0 };
	struct view v = {
		.title = title,
		.what = top->mounts ? "mount" : "opcode",
		.seconds = top->looks.before.when > 0 ? top->looks.now.when - top->looks.before.when : 0,
		.latency = top->times,
		.total = top->total || top->looks.before.when <= 0,
		.order = top->order,
		.columns = columns,
		.lines = lines,
		.keys = lines ? keys : NULL,
	};
	int err = rows_fill(top, &rows);

	if (!err) {
		v.rows = rows.rows;
		v.count = rows.count;
		title_print(top, title, sizeof(title));
		keys_print(top, keys, sizeof(keys));
		view_print(out, &v);
	}
	free(rows.rows);
	return err;
}

static bool page_show(const struct top *top)
{
	char *text = NULL;
	int columns, lines;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool shown;

	if (!out)
		return false;
	screen_size(&columns, &lines);
	shown = !page_print(top, out, columns, lines);
	shown = !fclose(out) && shown && screen_show(text);
	free(text);
	return shown;
}

/* False: to be quit. */
static bool key_take(struct top *top, int key)
{
	switch (key) {
	case SCREEN_END:
	case 'q':
		return false;
	case 's':
		top->order = (top->order + 1) % VIEW_ORDERS;
		break;
	case 't':
		top->total = !top->total;
		break;
	case 'l':
		top->times = top->latency && !top->times;
		break;
	case 'm':
		top->mounts = !top->looks.t.e && !top->mounts;
		break;
	}
	return true;
}

/* The kernel keeps what was traced for a second or so. */
static double nap(const struct top *top, double seconds)
{
	return top->latency && seconds > 1 ? 1 : seconds;
}

static int look(struct top *top)
{
	if (top->latency) {
		latency_read(top->latency);
		latency_look(top->latency);
	}
	return look_take(&top->looks);
}

/* Until it is quit.  Returns 0, or -errno of a look. */
static int watch(struct top *top, struct screen *screen, double interval)
{
	double left;
	int err, key;

	for (;;) {
		if (!page_show(top))
			return 0;
		left = nap(top, top->looks.now.when + interval - look_clock());
		key = screen_wait(screen, left > 0 ? left * 1000 + 1 : 0);
		if (key != SCREEN_TIMEOUT) {
			if (!key_take(top, key))
				return 0;
			continue;
		}
		if (top->latency)
			latency_read(top->latency);
		if (look_clock() < top->looks.now.when + interval)
			continue;
		err = look(top);
		if (err)
			return err;
	}
}

static int live(struct top *top, double interval)
{
	struct screen screen;
	char why[256];
	int err;

	if (screen_begin(&screen, why, sizeof(why)))
		return cli_fail("%s", why);
	err = watch(top, &screen, interval);
	screen_end(&screen);
	if (err == -ENODEV)
		return cli_fail("%s was unmounted", top->looks.t.e->target);
	return err ? cli_no_counters(top->looks.t.e ? top->looks.t.e->target : "all mounts", err) : 0;
}

static int once(struct top *top, double interval)
{
	double end = look_clock() + interval, left;
	int err;

	while ((left = nap(top, end - look_clock())) > 0) {
		nanosleep(&(struct timespec){ left, (left - (long)left) * 1e9 }, NULL);
		if (top->latency)
			latency_read(top->latency);
	}
	err = look(top);
	if (err == -ENODEV)
		return cli_fail("%s was unmounted", top->looks.t.e->target);
	if (err)
		return cli_no_counters(top->looks.t.e ? top->looks.t.e->target : "all mounts", err);
	top->total = true;
	top->order = top->times ? ORDER_TIME : ORDER_REQUESTS;
	return page_print(top, stdout, 80, 0) ? cli_fail("out of memory") : 0;
}

int do_top(const struct cli_args *args)
{
	struct top top = { .mounts = !args->mount };
	int err, status;

	if (args->interval < INTERVAL_MIN || args->interval > INTERVAL_MAX)
		return cli_fail("--interval: give a number from %.1f to %d", INTERVAL_MIN, INTERVAL_MAX) + 1;
	if (cli_open(&top.looks.t, args->mount))
		return 1;
	if (args->latency && !args->mount) {
		status = cli_fail("--latency is of one mount: name it") + 1;
		goto out;
	}
	if (args->latency) {
		top.latency = latency_begin(&top.looks.t);
		top.times = top.latency;
		status = !top.latency;
		if (status)
			goto out;
	}
	err = look_take(&top.looks);
	if (err)
		status = cli_no_counters(args->mount ? args->mount : "all mounts", err);
	else
		status = args->once ? once(&top, args->interval) : live(&top, args->interval);
out:
	latency_end(top.latency);
	looks_free(&top.looks);
	return status;
}
