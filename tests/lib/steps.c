// SPDX-License-Identifier: GPL-2.0-only
/* What steps.h promises: a line is read, done by its caller, and written down. */
#include <ctype.h>

#include "matrix.h"
#include "steps_i.h"

char step_said[256];
int step_slots[STEP_SLOTS] = { [0 ... STEP_SLOTS - 1] = -1 };
/* The path that a kept descriptor was opened by, if it was. */
static char slot_paths[STEP_SLOTS][STEP_PATH];
/* The last path of the step. */
static char last_path[STEP_PATH];

static const struct step_call *call_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nstep_calls; i++)
		if (!strcmp(step_calls[i].name, name))
			return &step_calls[i];
	CHECK(false, "a step says \"%s\", which is no call", name);
	return NULL;
}

static int descriptor(const char *word)
{
	if (!isdigit(*word))
		return step_number(word);
	return word[1] ? atoi(word) : step_slots[*word - '0'];
}

/* A path after a descriptor of a directory is one below the path that it was opened by. */
static void argument(struct step_arg *arg, char kind, char *word, const char **dir)
{
	arg->text = strcmp(word, "''") ? word : "";
	if (kind == 'n')
		arg->num = step_number(word);
	if (kind == 't')
		arg->time = step_time(word);
	if (kind == 'd') {
		arg->fd = descriptor(word);
		*dir = isdigit(*word) && !word[1] ? slot_paths[*word - '0'] : "";
		if (arg->fd >= 0 && isdigit(*word))
			watch_fd(word, arg->fd);
	}
	if (kind == 'p') {
		step_path(arg->path, word);
		watch_path(word, *dir, arg->path);
		strcpy(last_path, arg->path);
	}
}

void step_close(int slot)
{
	if (step_slots[slot] >= 0)
		close(step_slots[slot]);
	step_slots[slot] = -1;
}

static void keep(int slot, int fd)
{
	if (slot < 0) {
		close(fd);
		return;
	}
	step_close(slot);
	step_slots[slot] = fd;
	strcpy(slot_paths[slot], last_path);
}

static long run_as(const char *who, const struct step_call *call, const struct step_arg *args)
{
	long result;

	if (who)
		step_be(who);
	errno = 0;
	result = call->run(args);
	if (result < 0)
		result = -errno;
	if (who)
		step_be("root");
	return result;
}

static void arguments(const char *line, const struct step_call *call, char **words, struct step_arg *args)
{
	const char *dir = "";
	unsigned int i;

	for (i = 0; call->args[i]; i++) {
		CHECK(words[i], "a step lacks an argument: %s", line);
		argument(&args[i], call->args[i], words[i], &dir);
	}
	CHECK(!words[i], "a step has one argument more: %s", line);
}

/* The line in its parts; its words are in @copy. */
struct parsed {
	const char *line, *who;
	int slot;
	const struct step_call *call;
	struct step_arg args[STEP_ARGS];
};

static void parse(struct parsed *step, const char *line, char *copy)
{
	char *words[STEP_ARGS + 4] = { NULL }, **word = words, *rest = strcpy(copy, line), *next;
	unsigned int n = 0;

	while ((next = strsep(&rest, " ")) && n < STEP_ARGS + 3)
		words[n++] = next;
	step->line = line;
	step->who = NULL;
	step->slot = -1;
	if ((*word)[strlen(*word) - 1] == ':') {
		(*word)[strlen(*word) - 1] = '\0';
		step->who = *word++;
	}
	CHECK(*word, "a step without a call: %s", line);
	if (isdigit(**word) && (*word)[1] == '=') {
		step->slot = **word - '0';
		*word += 2;
	}
	step->call = call_find(*word);
	watch_begin();
	arguments(line, step->call, word + 1, step->args);
}

/* @flags: of the descriptor that it returns. */
static long run(const struct parsed *step, int *flags)
{
	long result;

	*step_said = '\0';
	result = run_as(step->who, step->call, step->args);
	if (result >= 0 && step->call->returns_fd) {
		*flags = fcntl(result, F_GETFL);
		keep(step->slot, result);
	}
	return result;
}

static void account(const struct parsed *step)
{
	char states[4000] = "", name[32];
	int flags = 0;
	long result;

	watch_before();
	result = run(step, &flags);
	matrix_result(name, sizeof(name), result);
	if (result >= 0 && step->call->returns_fd)
		snprintf(name, sizeof(name), "open %o", flags);
	watch_after(states, sizeof(states));
	SAY("%s = %s%s%s%s", step->line, name, *step_said ? " " : "", step_said, states);
}

static void do_line(const char *fmt, va_list ap, bool quiet)
{
	static struct parsed step;
	char line[512], copy[512];

	CHECK(vsnprintf(line, sizeof(line), fmt, ap) < (int)sizeof(line), "a long step");
	parse(&step, line, copy);
	if (!quiet) {
		account(&step);
		return;
	}
	CHECK(run(&step, &(int){ 0 }) >= 0, "%s", line);
	watch_forget();
}

void step(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	do_line(fmt, ap, false);
	va_end(ap);
}

void step_must(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	do_line(fmt, ap, true);
	va_end(ap);
}

void steps_do(const char *const *lines, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		step("%s", lines[i]);
}

void steps_must(const char *const *lines, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		step_must("%s", lines[i]);
}
