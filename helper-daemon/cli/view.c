// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of 'extfuse top', see view.h.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "text.h"

#define FIELDS	(sizeof(struct extfuse_op_stats) / sizeof(__u64))

/* Widths at 80 columns; half of what a window has beyond goes to the name, half to the bar. */
#define NAME_WIDTH	16
#define NAME_WIDTH_MAX	40
#define NUMBERS_WIDTH	52
#define BAR_WIDTH	12

/* Lines that are no rows. */
#define HEAD_LINES	5
#define KEYS_LINES	2

static const char marks[ANSWERED_BYS] = { [BY_PROGRAM] = '#', [BY_BACKING] = '=', [BY_DAEMON] = '.' };

void view_add(struct extfuse_op_stats *sum, const struct extfuse_op_stats *s)
{
	const __u64 *from = (const __u64 *)s;
	__u64 *to = (__u64 *)sum;
	size_t i;

	for (i = 0; i < FIELDS; i++)
		to[i] += from[i];
}

/* A counter that is smaller than before began anew. */
static struct extfuse_op_stats since(const struct extfuse_op_stats *now, const struct extfuse_op_stats *before)
{
	const __u64 *n = (const __u64 *)now, *b = (const __u64 *)before;
	struct extfuse_op_stats d;
	__u64 *to = (__u64 *)&d;
	size_t i;

	for (i = 0; i < FIELDS; i++)
		to[i] = n[i] >= b[i] ? n[i] - b[i] : n[i];
	return d;
}

/* What of a row the shares, the bar and the time are of. */
static struct extfuse_op_stats shown(const struct view *v, const struct view_row *row)
{
	return v->total ? row->now : since(&row->now, &row->before);
}

static __u64 requests(const struct extfuse_op_stats *s)
{
	__u64 sum = 0;
	int by;

	for (by = BY_NOBODY + 1; by < ANSWERED_BYS; by++)
		sum += counters_by(s, by);
	return sum;
}

static double rate(const struct view *v, const struct view_row *row)
{
	struct extfuse_op_stats d = since(&row->now, &row->before);

	return v->seconds > 0 ? requests(&d) / v->seconds : 0;
}

static double mean_ns(const struct extfuse_op_stats *s)
{
	return s->samples ? (double)s->sample_ns / s->samples : 0;
}

/* What a row is sorted by; the largest comes first. */
static double weight(const struct view *v, const struct view_row *row)
{
	struct extfuse_op_stats s = shown(v, row);

	switch (v->order) {
	case ORDER_RATE:
		return rate(v, row);
	case ORDER_REQUESTS:
		return requests(&row->now);
	case ORDER_DAEMON:
		return counters_by(&s, BY_DAEMON);
	case ORDER_TIME:
		return v->latency ? row->times.p99 : mean_ns(&s);
	default:
		return 0;
	}
}

static int compare(const void *a, const void *b, void *view)
{
	const struct view_row *x = a, *y = b;
	double wx = weight(view, x), wy = weight(view, y);

	if (wx != wy)
		return wx < wy ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Of a name that is too long its end tells more. */
static void put_name(FILE *out, const char *name, int width)
{
	char *text = NULL, *s;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int count, n;

	if (!memory)
		return;
	text_name(memory, name);
	fclose(memory);
	count = text_characters(text);
	s = text;
	if (count > width) {
		fputc('~', out);
		for (; count > width - 1; count--, s += n ? n : 1)
			n = text_utf8_length(s);
		count++;
	}
	fprintf(out, "%s%*s", s, width - count, "");
	free(text);
}

static void put_share(FILE *out, const struct extfuse_op_stats *s, enum answered_by by, int width)
{
	__u64 all = requests(s);

	if (all)
		fprintf(out, " %*.0f%%", width - 1, 100.0 * counters_by(s, by) / all);
	else
		fprintf(out, " %*s", width, "-");
}

/* As long as the row has requests beside the one that has @most; something is seen of each that has any. */
static void put_bar(FILE *out, const struct extfuse_op_stats *s, __u64 most, int width)
{
	__u64 all = requests(s), sum = 0, end;
	int length, by, i, at = 0;

	length = most ? (double)all / most * width + 0.5 : 0;
	if (all && !length)
		length = 1;
	for (by = BY_NOBODY + 1; by < ANSWERED_BYS && all; by++) {
		sum += counters_by(s, by);
		end = (double)sum / all * length + 0.5;
		for (i = at; i < (int)end; i++)
			fputc(marks[by], out);
		at = end;
	}
}

static int name_width(const struct view *v)
{
	int width = NAME_WIDTH + (v->columns - NAME_WIDTH - NUMBERS_WIDTH - BAR_WIDTH) / 2;

	if (width < NAME_WIDTH)
		return NAME_WIDTH;
	return width > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : width;
}

static void put_time(FILE *out, double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	size_t unit = 0;

	while (ns >= 1000 && unit < sizeof(units) / sizeof(*units) - 1) {
		ns /= 1000;
		unit++;
	}
	fprintf(out, " %*.*f%s", 9 - (int)strlen(units[unit]), unit ? 1 : 0, ns, units[unit]);
}

static void put_times(FILE *out, const struct latency_times *times)
{
	if (times->count) {
		put_time(out, times->mean);
		put_time(out, times->p99);
		put_time(out, times->max);
	} else {
		fprintf(out, " %9s %9s %9s", "-", "-", "-");
	}
	fputc(' ', out);
}

static void put_shares(FILE *out, const struct extfuse_op_stats *s)
{
	put_share(out, s, BY_PROGRAM, 7);
	put_share(out, s, BY_BACKING, 6);
	put_share(out, s, BY_DAEMON, 6);
	if (s->samples)
		fprintf(out, " %6.0f ", mean_ns(s));
	else
		fprintf(out, " %6s ", "-");
}

static void put_row(FILE *out, const struct view *v, const struct view_row *row, __u64 most)
{
	struct extfuse_op_stats s = shown(v, row);
	int width = name_width(v), bar = v->columns - width - NUMBERS_WIDTH;

	put_name(out, row->name, width);
	fprintf(out, " %11llu", (unsigned long long)requests(&row->now));
	if (v->seconds > 0)
		fprintf(out, " %8.0f", rate(v, row));
	else
		fprintf(out, " %8s", "-");
	if (v->latency)
		put_times(out, &row->times);
	else
		put_shares(out, &s);
	put_bar(out, &s, most, bar);
	fputc('\n', out);
}

static void put_head(FILE *out, const struct view *v, const struct view_row *all)
{
	static const struct {
		enum answered_by by;
		const char *text;
	} parts[] = {
		{ BY_PROGRAM, "by programs" },
		{ BY_BACKING, "passed through" },
		{ BY_DAEMON, "by the daemon" },
	};
	struct extfuse_op_stats s = shown(v, all);
	size_t i;

	text_plain(out, v->title);
	fprintf(out, "\n%llu requests", (unsigned long long)requests(&all->now));
	if (v->seconds > 0)
		fprintf(out, ", %.0f per second", rate(v, all));
	if (v->total)
		fputs("\nsince the attach:", out);
	else
		fprintf(out, "\nlast %.1f s:", v->seconds);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		put_share(out, &s, parts[i].by, 4);
		fprintf(out, " %s %c", parts[i].text, marks[parts[i].by]);
	}
	fprintf(out, "\n\n%-*s %11s %8s ", name_width(v), v->what, "requests", "per s");
	fprintf(out, v->latency ? "%9s %9s %9s\n" : "%7s %6s %6s %6s\n", v->latency ? "mean" : "program",
		v->latency ? "p99" : "passed", v->latency ? "longest" : "daemon", "ns/run");
}

static size_t rows_that_fit(const struct view *v)
{
	int room = v->lines - HEAD_LINES - (v->keys ? KEYS_LINES : 0);

	if (!v->lines || (int)v->count <= room)
		return v->count;
	return room > 1 ? room - 1 : 0;
}

void view_print(FILE *out, struct view *v)
{
	struct view_row all = { 0 };
	size_t i, fit = rows_that_fit(v);
	struct extfuse_op_stats s;
	__u64 most = 0;

	for (i = 0; i < v->count; i++) {
		view_add(&all.now, &v->rows[i].now);
		view_add(&all.before, &v->rows[i].before);
		s = shown(v, &v->rows[i]);
		if (requests(&s) > most)
			most = requests(&s);
	}
	qsort_r(v->rows, v->count, sizeof(*v->rows), compare, v);
	put_head(out, v, &all);
	for (i = 0; i < fit; i++)
		put_row(out, v, &v->rows[i], most);
	if (fit < v->count)
		fprintf(out, "(%zu more: make the window higher)\n", v->count - fit);
	if (v->keys)
		fprintf(out, "\n%s", v->keys);
}
