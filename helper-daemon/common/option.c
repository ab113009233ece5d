// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options by name, see option.h.
 */
#include "option.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

/* Beyond this the kernel's nanoseconds overflow. */
#define SECONDS_MAX	1e9

/* The column of --help that says what an option does. */
#define HELP_COLUMN	30

/* getopt_long() tells an option without a letter by a number beyond all letters. */
#define ROW_VALUE	256

/* A field of any kind but OPTION_COPY: a value that is only checked goes here. */
union field {
	bool flag;
	unsigned long bits;
	const char *text;
	int number;
	__u32 count;
	double seconds;
	__u64 ns;
};

static bool takes_value(const struct option_row *row)
{
	return row->name[strlen(row->name) - 1] == '=';
}

/* The value of an option that has this name ("" if it takes none); NULL if it has another. */
static const char *row_matches(const struct option_row *row, const char *word)
{
	size_t len = strlen(row->name);

	switch (row->name[len - 1]) {
	case '=':
		return strncmp(word, row->name, len) ? NULL : word + len;
	case '*':
		return strncmp(word, row->name, len - 1) ? NULL : "";
	default:
		return strcmp(word, row->name) ? NULL : "";
	}
}

static bool is_of_use(const struct option_row *row, unsigned int use)
{
	return !row->use || row->use & use;
}

const struct option_row *option_find(const struct option_table *t, unsigned int use, const char *word,
				     const char **value)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (!is_of_use(&t->rows[i], use))
			continue;
		*value = row_matches(&t->rows[i], word);
		if (*value)
			return &t->rows[i];
	}
	return NULL;
}

static bool seconds_parse(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return *text && !*end && isfinite(*out) && *out >= 0 && *out <= SECONDS_MAX;
}

static bool number_parse(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *out <= max;
}

static bool take_seconds(const struct option_row *row, void *at, const char *value)
{
	double seconds;

	if (!seconds_parse(value, &seconds))
		return false;
	if (row->kind == OPTION_SECONDS)
		*(double *)at = seconds;
	else if (row->kind == OPTION_SECONDS_NS)
		*(__u64 *)at = seconds * 1e9;
	else
		*(const char **)at = value;
	return true;
}

static unsigned long most(const struct option_row *row)
{
	if (row->limit)
		return row->limit;
	return row->kind == OPTION_COUNT ? UINT32_MAX : INT_MAX;
}

static bool take_number(const struct option_row *row, void *at, const char *value)
{
	unsigned long n;

	if (!number_parse(value, most(row), &n) || (row->kind == OPTION_COUNT && !n))
		return false;
	if (row->kind == OPTION_COUNT)
		*(__u32 *)at = n;
	else
		*(int *)at = n;
	return true;
}

/* What is given later goes behind. */
static bool take_list(char **list, const char *value)
{
	char *joined;

	if (!*value || asprintf(&joined, "%s%s%s", *list ? *list : "", *list ? "," : "", value) < 0)
		return false;
	free(*list);
	*list = joined;
	return true;
}

/* False: it does not take this value.  @at: its field. */
static bool take(const struct option_row *row, void *at, const char *value)
{
	switch (row->kind) {
	case OPTION_SET:
		*(unsigned long *)at |= row->limit;
		return true;
	case OPTION_CLEAR:
		*(unsigned long *)at &= ~row->limit;
		return true;
	case OPTION_SWITCH:
	case OPTION_DIR:
		*(bool *)at = true;
		return row->kind == OPTION_SWITCH || !strcmp(value, "dir");
	case OPTION_TEXT:
		*(const char **)at = value;
		return *value;
	case OPTION_LIST:
		return take_list(at, value);
	case OPTION_COPY:
		snprintf(at, row->limit, "%s", value);
		return true;
	case OPTION_NUMBER:
	case OPTION_COUNT:
		return take_number(row, at, value);
	case OPTION_SECONDS:
	case OPTION_SECONDS_NS:
	case OPTION_SECONDS_TEXT:
		return take_seconds(row, at, value);
	case OPTION_IGNORED:
	case OPTION_REFUSED:
		break;
	}
	return true;
}

/* The numbers that an option takes; nothing where it takes a text. */
static void range_say(const struct option_row *row, char *text, size_t size)
{
	*text = '\0';
	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_COUNT:
		snprintf(text, size, ", from %d to %lu", row->kind == OPTION_COUNT, most(row));
		break;
	case OPTION_SECONDS:
	case OPTION_SECONDS_NS:
	case OPTION_SECONDS_TEXT:
		snprintf(text, size, ", from 0 to %.0f", SECONDS_MAX);
		break;
	default:
		break;
	}
}

int option_take(const struct option_row *row, void *base, const char *word, const char *value,
		char *err, size_t errlen)
{
	union field nowhere = { 0 };
	char range[64];

	if (take(row, row->at == OPTION_NOWHERE ? (void *)&nowhere : (char *)base + row->at, value)) {
		if (row->given)
			*(bool *)((char *)base + row->given) = true;
		return 0;
	}
	range_say(row, range, sizeof(range));
	if (row->help)
		snprintf(err, errlen, "option '%s' has a value that it does not take: give %.*s%.*s%s", word,
			 (int)strcspn(word, "=") + 1, word, (int)strcspn(row->help, ":"), row->help, range);
	else
		snprintf(err, errlen, "option '%s' has %s%s", word,
			 *value ? "a value that it does not take" : "no value, and needs one", range);
	return -EINVAL;
}

/* The length of the first word of a list. */
static size_t word_length(const char *list)
{
	bool quoted = false;
	const char *c;

	for (c = list; *c && (*c != ',' || quoted); c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '\\' && c[1])
			c++;
	}
	return c - list;
}

char *option_cut(char **list)
{
	char *word = *list;
	size_t len;

	if (!word)
		return NULL;
	len = word_length(word);
	*list = word[len] ? word + len + 1 : NULL;
	word[len] = '\0';
	return word;
}

const char *option_in_list(const char *list, const char *name)
{
	size_t len = strlen(name), end;
	bool whole = name[len - 1] != '=';

	for (;;) {
		end = word_length(list);
		if (!strncmp(list, name, len) && (!whole || end == len))
			return list + len;
		if (!list[end])
			return NULL;
		list += end + 1;
	}
}

/* What getopt_long(3) wants of a table: long options, which it lets shorten, and letters. */
struct getopt_args {
	struct option *longs;
	char *names;		/* the names without their '=', one after the other */
	char letters[64];
};

static void getopt_letter(struct getopt_args *g, const struct option_row *row)
{
	size_t len = strlen(g->letters);

	if (row->letter && len + 3 < sizeof(g->letters))
		snprintf(g->letters + len, sizeof(g->letters) - len, "%c%s", row->letter,
			 takes_value(row) ? ":" : "");
}

static int getopt_fill(struct getopt_args *g, const struct option_table *t, bool first)
{
	size_t i, size = 1, at = 0;

	for (i = 0; i < t->count; i++)
		size += strlen(t->rows[i].name) + 1;
	g->longs = calloc(t->count + 1, sizeof(*g->longs));
	g->names = malloc(size);
	if (!g->longs || !g->names)
		return -ENOMEM;
	strcpy(g->letters, first ? "+" : "");
	for (i = 0; i < t->count; i++) {
		g->longs[i].name = strcpy(g->names + at, t->rows[i].name);
		at += strcspn(g->names + at, "=");
		g->names[at++] = '\0';
		g->longs[i].has_arg = takes_value(&t->rows[i]) ? required_argument : no_argument;
		g->longs[i].val = ROW_VALUE + i;
		getopt_letter(g, &t->rows[i]);
	}
	return 0;
}

static const struct option_row *row_of(const struct option_table *t, int c)
{
	size_t i;

	if (c >= ROW_VALUE)
		return &t->rows[c - ROW_VALUE];
	for (i = 0; i < t->count; i++) {
		if (t->rows[i].letter == c)
			return &t->rows[i];
	}
	return NULL;
}

static int getopt_take(const struct option_table *t, void *base, int c, char *err, size_t errlen)
{
	const struct option_row *row = row_of(t, c);
	const char *value = optarg ? optarg : "";
	char *word;
	int ret;

	/* getopt_long() has said what is wrong. */
	if (!row)
		return -EINVAL;
	if (asprintf(&word, "--%s%s", row->name, value) < 0) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = option_take(row, base, word, value, err, errlen);
	free(word);
	return ret;
}

int option_args(const struct option_table *t, void *base, int argc, char **argv, bool first,
		char *err, size_t errlen)
{
	struct getopt_args g = { 0 };
	int ret = getopt_fill(&g, t, first), c = 0;

	*err = '\0';
	if (ret)
		snprintf(err, errlen, "out of memory");
	while (!ret && (c = getopt_long(argc, argv, g.letters, g.longs, NULL)) != -1)
		ret = getopt_take(t, base, c, err, errlen);
	free(g.longs);
	free(g.names);
	return ret ? ret : optind;
}

static void help_row(const struct option_row *row, const char *before, FILE *out)
{
	const char *text = row->help;
	int len = fprintf(out, "  %s%s", before, row->name), value = 0;

	/* What the value is called stands before the colon. */
	if (takes_value(row)) {
		value = strcspn(text, ":");
		len += fprintf(out, "%.*s", value, text);
		text += value + strspn(text + value, ": ");
	}
	/* Two blanks at the least. */
	fprintf(out, "%*s%s\n", len < HELP_COLUMN - 1 ? HELP_COLUMN - len : 2, "", text);
}

void option_help(const struct option_table *t, unsigned int use, const char *before, FILE *out)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->rows[i].help && t->rows[i].kind != OPTION_REFUSED && is_of_use(&t->rows[i], use))
			help_row(&t->rows[i], before, out);
	}
}
