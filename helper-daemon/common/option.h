/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options by name.  A table says of each how it is called, what its value may be, and
 * where in the caller's structure that goes; parser and --help both read that table.
 *
 * It serves three notations: the list that mount(8) hands over ("ro,actimeo=60"), a command
 * line ("--actimeo=60"), and a file of lines ("target=/mnt").  What has no names is not parsed
 * here: the letters of mount.extfuse, which mount(8) chooses.  Nor is what libextfuse hands to
 * a BPF object (lib/options.c), which has values already, and finds their place by the object's BTF.
 */
#ifndef EXTFUSE_OPTION_H
#define EXTFUSE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_kind {
	OPTION_SWITCH,		/* a bool becomes true */
	OPTION_SET,		/* bits of an unsigned long are set: .limit */
	OPTION_CLEAR,		/* or cleared */
	OPTION_DIR,		/* a bool becomes true; the value must be the word "dir" */
	OPTION_TEXT,		/* a const char *, not empty */
	OPTION_LIST,		/* a char *, to be freed: all that was given, with commas between */
	OPTION_COPY,		/* a char array of .limit bytes, which the text is cut to */
	OPTION_NUMBER,		/* an int from 0 */
	OPTION_COUNT,		/* a __u32 from 1 */
	OPTION_SECONDS,		/* a double */
	OPTION_SECONDS_NS,	/* a __u64, in nanoseconds */
	OPTION_SECONDS_TEXT,	/* a const char *, the number as it was written */
	OPTION_IGNORED,
	OPTION_REFUSED,		/* .help says why */
};

/* Where a value goes that is only checked; not for OPTION_COPY. */
#define OPTION_NOWHERE	((size_t)-1)

struct option_row {
	const char *name;	/* ends in '=' where a value follows, in '*' where it is a prefix */
	enum option_kind kind;
	size_t at;		/* offset of its field, or OPTION_NOWHERE */
	const char *help;	/* "VALUE: what it does"; NULL: --help has it not */
	unsigned long limit;	/* of numbers: the largest, 0: what the field holds */
	unsigned int use;	/* the caller's own bits, which a search asks for; 0: found by any */
	unsigned int mark;	/* the caller's own */
	size_t given;		/* offset of a bool that says that it was given; 0: there is none */
	int letter;		/* on a command line also -LETTER; 0: has none */
};

struct option_table {
	const struct option_row *rows;
	size_t count;
};

#define OPTION_TABLE(rows)	{ (rows), sizeof(rows) / sizeof(*(rows)) }

/*
 * The row of @word ("NAME" or "NAME=VALUE") among those of @use; *@value is "" without a
 * value.  NULL: there is none.
 */
const struct option_row *option_find(const struct option_table *t, unsigned int use, const char *word,
				     const char **value);

/*
 * Puts @value where the row says, in the structure at @base; a text stays the caller's.  Returns 0,
 * or -EINVAL with a line in @err if the option does not take it.  @word: the option as it was given.
 */
int option_take(const struct option_row *row, void *base, const char *word, const char *value,
		char *err, size_t errlen);

/*
 * Cuts the next word off a list; a comma in double quotes or after a backslash is part of a
 * word.  NULL: at the end.
 */
char *option_cut(char **list);

/* What follows @name ("user_id=", "remount") in a list; NULL: it is not in the list. */
const char *option_in_list(const char *list, const char *name);

/*
 * Takes the options of a command line.  Returns where its other words begin, in @argv, or -EINVAL
 * with a line in @err, which is empty where getopt_long(3) has spoken already.  @first: the first
 * other word ends the options, else they may be anywhere.
 */
int option_args(const struct option_table *t, void *base, int argc, char **argv, bool first,
		char *err, size_t errlen);

/* Prints what --help says of the rows of @use; @before stands before each name. */
void option_help(const struct option_table *t, unsigned int use, const char *before, FILE *out);

#endif /* EXTFUSE_OPTION_H */
