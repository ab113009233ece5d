// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse: shows and changes what extfuse does with the mounts of this machine.
 */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "load.h"

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
	{ "stats", do_stats, 1, 1, "MOUNT [--json]", "per opcode: requests that programs answered, refused, sent up" },
	{ "doctor", do_doctor, 0, 0, "", "what this machine has of what extfuse needs" },
	{ "attach", do_attach, 1, 2, "MOUNT [EXT] [OPTIONS]", "attach an extension (default " DEFAULT_EXTENSION ")" },
	{ "replace", do_replace, 1, 2, "MOUNT [EXT] [OPTIONS]", "put another extension in place of the one that is attached" },
	{ "detach", do_detach, 1, 1, "MOUNT", "detach the extension: the daemon serves every request" },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(*commands))

static const struct {
	struct option opt;
	bool of_extension;	/* for attach and replace */
	const char *value;
	const char *help;
} options[] = {
	{ { "actimeo", required_argument, NULL, 'a' }, true, "=SECONDS", "names and attributes stay valid at least so long" },
	{ { "cachesize", required_argument, NULL, 'c' }, true, "=ENTRIES", "size of each of the extension's caches" },
	{ { "names-dir", no_argument, NULL, 'n' }, true, "", "a changed name renews all names of its directory" },
	{ { "pattern", required_argument, NULL, 'p' }, true, "=PATTERN", "names for the extension hide, at most one * in it" },
	{ { "shadow", no_argument, NULL, 's' }, true, "", "answer from the daemon, count where the extension differs" },
	{ { "json", no_argument, NULL, 'j' }, false, "", "print JSON" },
	{ { "version", no_argument, NULL, 'V' }, false, "", "print the version" },
	{ { "help", no_argument, NULL, 'h' }, false, "", "print this" },
};

#define NOPTIONS	(sizeof(options) / sizeof(*options))

static void usage_options(FILE *out, bool of_extension)
{
	size_t i;

	for (i = 0; i < NOPTIONS; i++) {
		if (options[i].of_extension == of_extension)
			fprintf(out, "  --%s%-*s %s\n", options[i].opt.name,
				18 - (int)strlen(options[i].opt.name), options[i].value, options[i].help);
	}
}

static void usage(FILE *out)
{
	size_t i;

	fputs("usage: extfuse COMMAND [ARGUMENTS]\n", out);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %-22s %s\n", commands[i].name, commands[i].usage, commands[i].help);
	fputs("Options of attach and replace:\n", out);
	usage_options(out, true);
	fputs("Others:\n", out);
	usage_options(out, false);
}

int cli_fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("extfuse: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return 1;
}

static const struct mount_entry *mount_find(const struct mount_list *list, const char *target)
{
	/* Of two on one directory the later one is what the user sees. */
	for (size_t i = list->count; i-- > 0;) {
		if (!strcmp(list->entries[i].target, target))
			return &list->entries[i];
	}
	return NULL;
}

int cli_open(struct cli_target *t, const char *mount)
{
	char *real = NULL, why[512];
	int err;

	t->fd = -1;
	err = mount_list__read(&t->list, false);
	if (err)
		return cli_fail("cannot read the list of mounts: %s", strerror(-err));
	/* As given first: that asks nothing of the file system. */
	t->e = mount_find(&t->list, mount);
	if (!t->e)
		real = realpath(mount, NULL);
	if (real)
		t->e = mount_find(&t->list, real);
	free(real);
	if (!t->e) {
		cli_fail("%s is not an extfuse mount: 'extfuse status' lists what is", mount);
		cli_close(t);
		return 1;
	}
	t->fd = device_open();
	if (t->fd < 0) {
		if (t->fd == -EACCES)
			snprintf(why, sizeof(why), "cannot open " EXTFUSE_DEVICE ": use sudo");
		else
			module_no_device(t->fd, why, sizeof(why));
		cli_fail("%s: %s", mount, why);
		cli_close(t);
		return 1;
	}
	return 0;
}

void cli_close(struct cli_target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	mount_list__free(&t->list);
}

static bool seconds_to_ns(const char *text, __u64 *ns)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!*text || *end || !(seconds >= 0 && seconds <= 1e9))
		return false;
	*ns = seconds * 1e9;
	return true;
}

static bool count_parse(const char *text, __u32 *out)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	*out = n;
	return *text >= '0' && *text <= '9' && !*end && !errno && n && n == *out;
}

/* Returns false for a bad value. */
static bool take_option(struct cli_args *args, int c)
{
	switch (c) {
	case 'j':
		args->json = true;
		return true;
	case 'a':
		return seconds_to_ns(optarg, &args->options.actimeo_ns);
	case 'c':
		return count_parse(optarg, &args->options.cachesize);
	case 'n':
		args->options.names_dir = true;
		return true;
	case 'p':
		args->options.pattern = optarg;
		return true;
	case 's':
		args->options.shadow = true;
		return true;
	case 'V':
		puts("extfuse " EXTFUSE_VERSION);
		exit(0);
	case 'h':
		usage(stdout);
		exit(0);
	default:
		/* getopt has said what is wrong. */
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct option longs[NOPTIONS + 1] = { 0 };
	struct cli_args args = { 0 };
	const struct command *cmd = NULL;
	size_t i;
	int c, n, at = 0;

	for (i = 0; i < NOPTIONS; i++)
		longs[i] = options[i].opt;
	while ((c = getopt_long(argc, argv, "hV", longs, &at)) != -1) {
		/* Only long ones have a value. */
		if (!take_option(&args, c))
			return cli_fail("option --%s does not take '%s': see extfuse --help",
					longs[at].name, optarg) + 1;
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	if (!strcmp(argv[optind], "help")) {
		usage(stdout);
		return 0;
	}
	for (i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(argv[optind], commands[i].name))
			cmd = &commands[i];
	}
	if (!cmd)
		return cli_fail("there is no command '%s': see extfuse --help", argv[optind]) + 1;
	n = argc - optind - 1;
	if (n < cmd->min_args || n > cmd->max_args)
		return cli_fail("usage: extfuse %s %s", cmd->name, cmd->usage) + 1;
	args.mount = n > 0 ? argv[optind + 1] : NULL;
	args.ext = n > 1 ? argv[optind + 2] : DEFAULT_EXTENSION;
	return cmd->run(&args);
}
