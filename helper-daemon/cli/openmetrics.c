// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics text, see openmetrics.h.  All samples of a family stand together, so it goes over the
 * mounts once for each.  Types that Prometheus' older text format does not know (info, stateset) are
 * left out: the textfile collector reads that format, to which UNIT and EOF are comments.
 */
#include "openmetrics.h"

#include <string.h>

#include "counters.h"
#include "text.h"

/* Per opcode; .name is what counters have as .family. */
static const struct family {
	const char *name;
	const char *type;
	const char *unit;
	const char *help;
} families[] = {
	{ "requests", "counter", NULL,
	  "Requests by who answered: a program, the file below (passed), a program with an error (refused), the daemon." },
	{ "kept", "counter", NULL, "Handles that were kept when their file was closed, opens that got one, flushes that were not sent." },
	{ "bad_verdicts", "counter", NULL, "Verdicts of programs that were not taken." },
	{ "stale_answers", "counter", NULL, "Answers of programs that the kernel knew to be stale." },
	{ "replies_seen", "counter", NULL, "Replies that a reply program has seen, entries of directories one by one." },
	{ "replies_changed", "counter", NULL, "Replies that a reply program has changed." },
	{ "answers_differed", "counter", NULL, "Under shadow: answers of programs that differed from the daemon's." },
	{ "program_run_seconds", "summary", "seconds", "Time of runs of programs, of which one in 64 is measured." },
};

#define PREFIX		"extfuse_"

static void head(FILE *out, const char *name, const char *type, const char *unit, const char *help)
{
	fprintf(out, "# TYPE " PREFIX "%s %s\n", name, type);
	if (unit)
		fprintf(out, "# UNIT " PREFIX "%s %s\n", name, unit);
	fprintf(out, "# HELP " PREFIX "%s %s\n", name, help);
}

/* Labels are UTF-8; what is not is written as in our JSON, \udc80 to \udcff. */
static void put_value(FILE *out, const char *s)
{
	int n;

	for (; *s; s += n) {
		n = text_utf8_length(s);
		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (n)
			fwrite(s, 1, n, out);
		else
			fprintf(out, "\\\\udc%02x", (unsigned char)*s);
		n = n ? n : 1;
	}
}

static void label(FILE *out, char before, const char *name, const char *value)
{
	fprintf(out, "%c%s=\"", before, name);
	put_value(out, value);
	fputc('"', out);
}

/* @suffix: "_total", "_count" … */
static void opcode_sample(FILE *out, const struct metrics *m, unsigned int op, const struct counter *c, const char *suffix)
{
	__u64 value = counter_of(&m->ops[op], c);
	struct opcode_label name;

	fprintf(out, PREFIX "%s%s", c->family, suffix);
	label(out, '{', "mount", m->e->target);
	label(out, ',', "opcode", opcode_label(&name, op));
	if (c->result && !strcmp(suffix, "_total"))
		label(out, ',', "by", c->result);
	if (!strcmp(suffix, "_sum"))
		fprintf(out, "} %llu.%09llu\n", (unsigned long long)value / 1000000000, (unsigned long long)value % 1000000000);
	else
		fprintf(out, "} %llu\n", (unsigned long long)value);
}

static void opcode_samples(FILE *out, const struct metrics *m, unsigned int op, const struct family *f)
{
	bool summary = !strcmp(f->type, "summary");
	const struct counter *c;
	char suffix[16];

	for (c = counters; c->name; c++) {
		if (strcmp(c->family, f->name))
			continue;
		snprintf(suffix, sizeof(suffix), "_%s", summary ? c->result : "total");
		opcode_sample(out, m, op, c, suffix);
	}
}

static void family_print(FILE *out, const struct family *f, const struct metrics *m, size_t count)
{
	unsigned int op;

	head(out, f->name, f->type, f->unit, f->help);
	for (; count--; m++) {
		for (op = 0; op < EXTFUSE_OPCODES; op++) {
			if (counters_any(&m->ops[op]))
				opcode_samples(out, m, op, f);
		}
	}
}

static void gauge(FILE *out, const struct metrics *m, const char *name, __u64 value)
{
	fprintf(out, PREFIX "%s", name);
	label(out, '{', "mount", m->e->target);
	fprintf(out, "} %llu\n", (unsigned long long)value);
}

static void mounts_print(FILE *out, const struct metrics *m, size_t count)
{
	size_t i;

	head(out, "mounted", "gauge", NULL, "1 for each mount; its labels say what it is.");
	for (i = 0; i < count; i++) {
		fputs(PREFIX "mounted", out);
		label(out, '{', "mount", m[i].e->target);
		label(out, ',', "source", m[i].e->source);
		label(out, ',', "type", m[i].e->type);
		label(out, ',', "extension", m[i].query.state == EXTFUSE_STATE_NONE ? "" : m[i].query.name);
		fputs("} 1\n", out);
	}
	head(out, "accelerated", "gauge", NULL, "1: an extension is attached and at work, else 0.");
	for (i = 0; i < count; i++)
		gauge(out, &m[i], "accelerated", m[i].query.state == EXTFUSE_STATE_ATTACHED);
	head(out, "backing_objects", "gauge", NULL, "Files below that the daemon has given for nodes.");
	for (i = 0; i < count; i++)
		gauge(out, &m[i], "backing_objects", m[i].backing);
}

void openmetrics_print(FILE *out, const struct metrics *m, size_t count)
{
	size_t f;

	mounts_print(out, m, count);
	for (f = 0; f < sizeof(families) / sizeof(*families); f++)
		family_print(out, &families[f], m, count);
	fputs("# EOF\n", out);
}
