// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the test cases of the plan, one after the other in one boot. Each runs in an empty directory on ext4, with a time
 * limit; after it everything it left is looked for and cleared away, and the kernel log must be clean. A case
 * passes when it exits with 0 and none of these found anything. After an oops, or when processes do not die, the boot
 * ends: the host starts another one for the cases that are left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define CASE_DIR	GUEST_SCRATCH "/case"
#define EXIT_SKIP	77
#define LEAKS		"/sys/kernel/debug/kmemleak"
#define LEAKS_SECONDS	600
#define LOCKDEP_STATS	"/proc/lockdep_stats"

static int failures;

static void fail(const char *name, const char *fmt, const char *detail)
{
	char text[1024];

	snprintf(text, sizeof(text), fmt, detail);
	channel_send('F', "%s\t%s", name, text);
	failures++;
}

/* Features are looked for once per boot: each answer is a shell away, and that is slow under emulation. */
struct feature {
	char name[64];
	char reason[256];	/* empty: there */
	struct feature *next;
};

static struct feature *features;

static const char *feature_missing(const char *name)
{
	char *argv[] = { "/bin/bash", GUEST_TREE "/tests/lib/feature", (char *)name, NULL };
	struct child child = { .argv = argv, .dir = "/", .timeout = 60 * guest_slow() };
	struct feature *f;

	for (f = features; f; f = f->next)
		if (!strcmp(f->name, name))
			return f->reason;
	f = calloc(1, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	if (child_run(&child))
		snprintf(f->reason, sizeof(f->reason), "needs %s: %.200s", name, child.last[0] ? child.last : "missing");
	f->next = features;
	features = f;
	return f->reason;
}

static const char *first_missing(const char *needs)
{
	char *copy = strdup(needs), *rest = copy, *name;
	const char *reason = "";

	while (!*reason && (name = strsep(&rest, " ,")))
		if (*name)
			reason = feature_missing(name);
	free(copy);
	return reason;
}

static void result(const struct plan_case *c, const char *verdict, double seconds, const char *reason)
{
	channel_send('R', "%s\t%s\t%.1f\t%s", c->name, verdict, seconds, reason);
}

static void empty_dir(void)
{
	char *argv[] = { "/bin/bash", "-c", "chattr -R -i -a " CASE_DIR " 2>/dev/null; rm -rf " CASE_DIR, NULL };
	struct child child = { .argv = argv, .dir = "/", .timeout = 60 * guest_slow() };

	if (rmdir(CASE_DIR) && errno != ENOENT)
		child_run(&child);
	mkdir(CASE_DIR, 0755);
}

/* A case that says it needs the module gets it loaded; those that load and unload do not say so. */
static void load_needed(const struct plan_case *c)
{
	const char *ko = getenv("EXTFUSE_KO");
	char words[300];
	int err;

	snprintf(words, sizeof(words), " %s ", c->needs);
	if (!strstr(words, " extfuse ") || !ko || !access("/sys/module/extfuse", F_OK))
		return;
	err = module_load(ko, "");
	if (err)
		fail(c->name, "cannot load extfuse.ko: %s", strerror(-err));
}

/* False: this kernel is not fit to run another case. */
static bool clean_up(const struct plan_case *c, struct leftover *before, int complaints)
{
	char text[800];
	bool fit = true;

	if (leftover_mounts(before, text, sizeof(text)))
		fail(c->name, "left mounted: %s", text);
	if (child_kill_all() < 0) {
		fail(c->name, "%s", "left processes that do not die, see the stacks above");
		fit = false;
	}
	/* A daemon that a process in another mount namespace kept: now that it is gone, nothing may be left. */
	if (fit && leftover_bpf(before, text, sizeof(text)))
		fail(c->name, "left loaded: %s", text);
	kmsg_drain();
	if (kmsg_complaints() > complaints)
		fail(c->name, "kernel log: %s", kmsg_first_since(complaints));
	return fit && !kmsg_fatal();
}

static bool run_case(const struct plan_case *c)
{
	char *argv[] = { c->path, NULL };
	struct child child = { .argv = argv, .dir = CASE_DIR, .timeout = c->timeout };
	int complaints = kmsg_complaints(), status;
	struct leftover *before;
	const char *missing;
	bool fit;

	channel_send('S', "%s\t%d", c->name, c->timeout);
	missing = first_missing(c->needs);
	if (*missing) {
		result(c, "skip", 0, missing);
		return true;
	}
	failures = 0;
	kmsg_expect(c->log);
	load_needed(c);
	before = leftover_snapshot();
	empty_dir();
	setenv("CASE", c->name, 1);
	status = child_run(&child);
	fit = clean_up(c, before, complaints);
	kmsg_expect("");
	leftover_free(before);
	if (child.timed_out)
		fail(c->name, "%s", "did not end within its time");
	else if (status == EXIT_SKIP && !failures)
		result(c, "skip", child.seconds, child.last[0] ? child.last : "(no reason given)");
	else if (status) {
		char text[32];

		snprintf(text, sizeof(text), "%d", status);
		fail(c->name, "exit status %s", text);
	}
	if (failures || status != EXIT_SKIP)
		result(c, failures ? "fail" : "pass", child.seconds, "");
	return fit;
}

static int leaks_command(const char *command)
{
	int fd = open(LEAKS, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, command, strlen(command)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Where the lost memory was allocated: the last lines of the kernel's report, to be read on the host. */
static void leaks_show(void)
{
	FILE *f = fopen(LEAKS, "re");
	char line[300];

	while (f && fgets(line, sizeof(line), f))
		channel_send('K', "%.*s", (int)strcspn(line, "\n"), line);
	if (f)
		fclose(f);
}

/*
 * A debug kernel looks for memory that nothing points to any more, once for all cases of a boot because it takes long.
 * A loss shows in the second scan, when the object has not changed since the first, and not before it is five seconds old.
 */
static void leaks_look(void)
{
	struct plan_case c = { .name = "vm/kmemleak", .timeout = LEAKS_SECONDS };
	int complaints = kmsg_complaints(), err;
	double start = now_seconds();

	if (access(LEAKS, F_OK))
		return;
	channel_send('S', "%s\t%d", c.name, c.timeout);
	failures = 0;
	sleep(6);
	err = leaks_command("scan");
	if (!err)
		err = leaks_command("scan");
	if (err)
		fail(c.name, "kmemleak does not scan, it may have switched itself off: %s", strerror(-err));
	kmsg_drain();
	if (kmsg_complaints() > complaints) {
		fail(c.name, "kernel log: %s", kmsg_first_since(complaints));
		leaks_show();
	}
	result(&c, failures ? "fail" : "pass", now_seconds() - start, "");
}

/* -1: this kernel has no lockdep; else whether it still looks. */
static int lockdep_is_on(void)
{
	FILE *f = fopen(LOCKDEP_STATS, "re");
	char line[200];
	int on = f ? 0 : -1;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, " debug_locks: %d", &on);
	if (f)
		fclose(f);
	return on;
}

/* One that has run out of something, or saw a taint, finds nothing any more, and may say so in a word that we do not know. */
static void lockdep_look(void)
{
	struct plan_case c = { .name = "vm/lockdep" };
	int on = lockdep_is_on();

	if (on < 0)
		return;
	channel_send('S', "%s\t%d", c.name, c.timeout);
	if (!on)
		fail(c.name, "%s", "lockdep has switched itself off: these cases were run without it");
	result(&c, on ? "pass" : "fail", 0, "");
}

int cases_run(struct plan *plan)
{
	int i;

	kmsg_drain();
	if (kmsg_complaints())
		channel_send('B', "kernel log: %s", kmsg_first_since(0));
	/* That is the boot's fault, and told as such: the cases are judged by what comes now. */
	kmsg_forgive();
	for (i = 0; i < plan->num_cases; i++) {
		if (run_case(&plan->cases[i]))
			continue;
		channel_send('D', "the kernel is not fit for more cases after %s", plan->cases[i].name);
		return 1;
	}
	lockdep_look();
	leaks_look();
	return 0;
}
