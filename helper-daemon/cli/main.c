// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse: shows and changes what extfuse does with the mounts of this machine.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "load.h"
#include "option.h"
#include "text.h"

struct command {
	const char *name;
	int (*run)(const struct cli_args *args);
	int min_args;
	int max_args;
	const char *usage;
	const char *help;
};

static const struct command commands[] = {
	{ "status", do_status, 0, 0, "[--json]", "each mount: its daemon, its extension, and whether and why not it is accelerated" },
	{ "stats", do_stats, 0, 1, "MOUNT [--json]", "per opcode: requests that programs answered, refused, sent up; [MOUNT] --openmetrics: as metrics" },
	{ "top", do_top, 0, 1, "[MOUNT] [--once] [--latency]", "the same live: who answers, how many a second, how long programs take" },
	{ "list", do_list, 0, 0, "[--json]", "the extensions that are installed: what each is, and which options it takes" },
	{ "inspect", do_inspect, 1, 1, "FILE.bpf.o|NAME [-v]", "what an extension has in it, and whether this kernel takes it" },
	{ "test", do_test, 1, 2, "FILE.bpf.o|NAME [REQUESTS] [--expect=FILE] [OPTIONS]", "run an extension on written requests, without any mount" },
	{ "trace", do_trace, 1, 1, "MOUNT [-o OPCODES] [-n NAME] [-p PID] [--record=FILE] [--json]", "each request as it ends: who asked, who answered, how long it took" },
	{ "replay", do_replay, 2, 2, "FILE FILE.bpf.o|NAME [OPTIONS]", "put recorded requests through an extension: where does it differ from what was seen" },
	{ "new", do_new, 1, 1, "NAME", "make a folder with the beginnings of an extension, which builds out of the tree" },
	{ "doctor", do_doctor, 0, 0, "", "what this machine has of what extfuse needs" },
	{ "attach", do_attach, 1, 2, "MOUNT [EXT] [OPTIONS]", "attach an extension (default " DEFAULT_EXTENSION ")" },
	{ "replace", do_replace, 1, 2, "MOUNT [EXT] [OPTIONS]", "put another extension in place of the one that is attached" },
	{ "detach", do_detach, 1, 1, "MOUNT", "detach the extension: the daemon serves every request" },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(*commands))

#define OF_EXTENSION	1	/* of attach and replace */
#define OF_OTHERS	2

#define AT(field)	offsetof(struct cli_args, field)

static const struct option_row rows[] = {
	{ "actimeo=", OPTION_SECONDS_NS, AT(options.actimeo_ns), .use = OF_EXTENSION,
	  .help = "SECONDS: names and attributes stay valid at least so long" },
	{ "negtimeo=", OPTION_SECONDS_NS, AT(options.negtimeo_ns), .given = AT(options.negtimeo_given), .use = OF_EXTENSION,
	  .help = "SECONDS: that a name does not exist stays valid at least so long" },
	{ "xattrtimeo=", OPTION_SECONDS_NS, AT(options.xattrtimeo_ns), .use = OF_EXTENSION,
	  .help = "SECONDS: extended attributes stay valid so long" },
	{ "keepcache", OPTION_SWITCH, AT(options.keepcache), .use = OF_EXTENSION,
	  .help = "what was read stays when a file is closed" },
	{ "closetimeo=", OPTION_SECONDS_NS, AT(options.closetimeo_ns), .use = OF_EXTENSION,
	  .help = "SECONDS: a file that was open for reading may stay open for the daemon" },
	{ "maxkept=", OPTION_COUNT, AT(options.maxkept), .use = OF_EXTENSION,
	  .help = "NUMBER: so many files at most may stay open" },
	{ "noflush", OPTION_SWITCH, AT(options.noflush), .use = OF_EXTENSION,
	  .help = "no FLUSH of descriptors that can only read" },
	{ "rdirplus", OPTION_SWITCH, AT(options.rdirplus), .use = OF_EXTENSION,
	  .help = "listings bring names with their attributes, where the daemon has that" },
	{ "cto", OPTION_SWITCH, AT(options.cto), .use = OF_EXTENSION,
	  .help = "each open asks for attributes, and what is unchanged stays" },
	{ "cachesize=", OPTION_COUNT, AT(options.cachesize), .use = OF_EXTENSION,
	  .help = "ENTRIES: size of each of the extension's caches" },
	{ "names-dir", OPTION_SWITCH, AT(options.names_dir), .use = OF_EXTENSION,
	  .help = "a changed name renews all names of its directory" },
	{ "pattern=", OPTION_TEXT, AT(options.pattern), .use = OF_EXTENSION,
	  .help = "PATTERN: names for the extension hide, at most one * in it" },
	{ "shadow", OPTION_SWITCH, AT(options.shadow), .use = OF_EXTENSION,
	  .help = "answer from the daemon, count where the extension differs" },
	{ "options=", OPTION_LIST, AT(list), .use = OF_EXTENSION, .letter = 'o',
	  .help = "OPTION[=VALUE],…: some of these, as mount(8) has them" },
	{ "json", OPTION_SWITCH, AT(json), .use = OF_OTHERS, .help = "print JSON" },
	{ "openmetrics", OPTION_SWITCH, AT(openmetrics), .use = OF_OTHERS, .help = "stats: print OpenMetrics text" },
	{ "once", OPTION_SWITCH, AT(once), .use = OF_OTHERS, .help = "top: print one look, and end" },
	{ "latency", OPTION_SWITCH, AT(latency), .use = OF_OTHERS, .help = "top: how long callers wait, of one mount" },
	{ "interval=", OPTION_SECONDS, AT(interval), .use = OF_OTHERS, .help = "SECONDS: of top: so long from one look to the next" },
	{ "expect=", OPTION_TEXT, AT(expect), .use = OF_OTHERS, .help = "FILE: of test: results are compared with these" },
	{ "name=", OPTION_TEXT, AT(name), .use = OF_OTHERS, .letter = 'n', .help = "NAME: trace: only requests about this name" },
	{ "pid=", OPTION_COUNT, AT(pid), .use = OF_OTHERS, .letter = 'p', .help = "PID: trace: only requests of this process" },
	{ "record=", OPTION_TEXT, AT(record), .use = OF_OTHERS, .help = "FILE: trace: write requests as 'extfuse test' reads them" },
	{ "verbose", OPTION_SWITCH, AT(verbose), .use = OF_OTHERS, .letter = 'v',
	  .help = "inspect: all that the kernel's verifier says; test: how long programs took" },
	{ "version", OPTION_SWITCH, AT(version), .use = OF_OTHERS, .letter = 'V', .help = "print the version" },
	{ "help", OPTION_SWITCH, AT(help), .use = OF_OTHERS, .letter = 'h', .help = "print this" },
};

static const struct option_table table = OPTION_TABLE(rows);

static void usage(FILE *out)
{
	size_t i;

	fputs("usage: extfuse COMMAND [ARGUMENTS]\n", out);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %-22s %s\n", commands[i].name, commands[i].usage, commands[i].help);
	fputs("Options of attach, replace, test and replay:\n", out);
	option_help(&table, OF_EXTENSION, "--", out);
	fputs("Others:\n", out);
	option_help(&table, OF_OTHERS, "--", out);
}

int cli_fail(const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A name in it must not steer a terminal. */
	fputs("extfuse: ", stderr);
	text_plain(stderr, text);
	fputc('\n', stderr);
	return 1;
}

static const struct mount_entry *mount_find(const struct mount_list *list, const char *target)
{
	/* Of two mounts on one directory the user sees the later one. */
	for (size_t i = list->count; i-- > 0;) {
		if (!strcmp(list->entries[i].target, target))
			return &list->entries[i];
	}
	return NULL;
}

/* First as it was given: that asks nothing of the file system. */
static int target_find(struct cli_target *t, const char *mount)
{
	char *real = NULL;

	t->e = mount_find(&t->list, mount);
	if (!t->e)
		real = realpath(mount, NULL);
	if (real)
		t->e = mount_find(&t->list, real);
	free(real);
	return t->e ? 0 : cli_fail("%s is not an extfuse mount: 'extfuse status' lists those that are", mount);
}

static int target_device(struct cli_target *t, const char *about)
{
	char why[512];

	t->fd = device_open();
	if (t->fd >= 0)
		return 0;
	if (t->fd == -EACCES)
		snprintf(why, sizeof(why), "cannot open " EXTFUSE_DEVICE ": use sudo");
	else
		module_no_device(t->fd, why, sizeof(why));
	return cli_fail("%s: %s", about, why);
}

int cli_open(struct cli_target *t, const char *mount)
{
	int err;

	t->fd = -1;
	t->e = NULL;
	err = mount_list__read(&t->list, false);
	if (err)
		return cli_fail("cannot read the list of mounts: %s", strerror(-err));
	/* Without a mount there is nobody to ask, and the module may not be there. */
	if ((mount && target_find(t, mount)) || (t->list.count && target_device(t, mount ? mount : "all mounts"))) {
		cli_close(t);
		return 1;
	}
	return 0;
}

int cli_no_counters(const char *mount, int err)
{
	if (err == -ENODATA)
		return cli_fail("%s has no counters: no extension was ever attached", mount);
	if (err == -EPERM)
		return cli_fail("%s: only root may read the counters: use sudo", mount);
	return cli_fail("%s: cannot read the counters: %s", mount, strerror(-err));
}

void cli_close(struct cli_target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	mount_list__free(&t->list);
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

/* Words of -o, which are those of an extension alone. */
static int list_take(struct cli_args *args, char *why, size_t size)
{
	const struct option_row *row;
	char *rest = args->list, *word;
	const char *value;

	while ((word = option_cut(&rest))) {
		row = option_find(&table, OF_EXTENSION, word, &value);
		if (!row || row->kind == OPTION_LIST) {
			snprintf(why, size, "there is no option '%s' of extensions: see extfuse --help", word);
			return -EINVAL;
		}
		if (option_take(row, args, word, value, why, size))
			return -EINVAL;
	}
	return 0;
}

/* @argv: the command, and what follows it, without options. */
static int command_run(struct cli_args *args, int argc, char **argv)
{
	const struct command *cmd = command_find(argv[0]);
	char why[256];

	if (!cmd)
		return cli_fail("there is no command '%s': see extfuse --help", argv[0]) + 1;
	if (argc - 1 < cmd->min_args || argc - 1 > cmd->max_args)
		return cli_fail("usage: extfuse %s %s", cmd->name, cmd->usage) + 1;
	/* Where -o is the command's own, it is no list of options. */
	if (cmd->run != do_trace && list_take(args, why, sizeof(why)))
		return cli_fail("%s", why) + 1;
	args->mount = argc > 1 ? argv[1] : NULL;
	args->ext = argc > 2 ? argv[2] : DEFAULT_EXTENSION;
	args->file = argc > 2 ? argv[2] : NULL;
	return cmd->run(args);
}

int main(int argc, char **argv)
{
	struct cli_args args = { .interval = 1 };
	char why[256];
	int at;

	at = option_args(&table, &args, argc, argv, false, why, sizeof(why));
	if (at < 0 && *why)
		cli_fail("%s", why);
	if (at < 0)
		return 2;
	if (args.version) {
		puts("extfuse " EXTFUSE_VERSION);
		return 0;
	}
	if (args.help || (at < argc && !strcmp(argv[at], "help"))) {
		usage(stdout);
		return 0;
	}
	if (at == argc) {
		usage(stderr);
		return 2;
	}
	return command_run(&args, argc - at, argv + at);
}
