/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps for compare.h, each a line of text such as "alice: rename a b".  What a line did is one line of the account: the
 * call's result, and for each object that it names, and for the directory of each, what stat and statx say now, which
 * number the object has, and which of its times have moved.  Where the directory below shows something else, that too.
 *
 *	[WHO: ][SLOT=]CALL ARGUMENT…
 *
 * WHO is root, alice, bob (both in the group team) or carol, who is in none; "root-CHOWN" lacks that capability,
 * "root-ALL" all, "alice+FOWNER" has one.  SLOT, a digit, keeps the descriptor that the call returns; it is closed
 * otherwise.  The calls are the table in steps_calls.c.  An argument is
 *
 *	a path		'' is the empty one, %255 in it a name of so many letters, ~4095 at its end makes it so long
 *	a number	also names of constants, joined by |, and devices as 1:3 (steps_words.c)
 *	a descriptor	a slot, or AT_FDCWD
 *	a time		NOW, OMIT, or seconds
 */
#ifndef STEPS_H
#define STEPS_H

#include <linux/stat.h>

#include "compare.h"

#define STEP_ARGS	8
#define STEP_SLOTS	10
#define STEP_PATH	8192

/* One argument, in the form that its letter in the call's row says. */
struct step_arg {
	char path[STEP_PATH];
	const char *text;	/* as it stands in the line */
	long num;
	int fd;
	struct timespec time;
};

/*
 * @args: a letter for each argument: p path, n number, d descriptor, s string, t time.
 * @returns_fd: the result is a descriptor.
 */
struct step_call {
	const char *name, *args;
	bool returns_fd;
	long (*run)(const struct step_arg *a);
};

extern const struct step_call step_calls[];
extern const unsigned int nstep_calls;

/* What a call read, for its line of the account; empty before each step. */
extern char step_said[256];
/* The descriptors that are kept, or -1. */
extern int step_slots[STEP_SLOTS];

long step_number(const char *word);
void step_path(char *path, const char *word);
struct timespec step_time(const char *word);

/* Does one step; ends the case if the line has no sense. */
void step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same without an account, for what is no matter of the case; it must succeed.  Objects get their numbers anew. */
void step_must(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void steps_do(const char *const *lines, unsigned int n);
void steps_must(const char *const *lines, unsigned int n);
void step_close(int slot);
/* The effective ids and capabilities of WHO, until step_be("root"). */
void step_be(const char *who);

#define STEPS(lines)	steps_do(lines, sizeof(lines) / sizeof(*(lines)))
#define STEPS_MUST(lines)	steps_must(lines, sizeof(lines) / sizeof(*(lines)))

/* A case of steps is about what the kernel does by itself; EXT= chooses another extension. */
#define STEPS_MAIN(run)						\
	int main(int argc, char **argv)				\
	{							\
		setenv("EXT", "passthrough", 0);		\
		return compare_main(argc, argv, run);		\
	}

#endif /* STEPS_H */
