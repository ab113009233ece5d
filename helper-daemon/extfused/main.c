// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfused: the helper daemon of one mount.  mount.extfuse starts it with the
 * connection open; its options are an agreement between the two and may change
 * with any version.
 */
#include "extfused.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "log.h"

enum {
	OPT_FD = 256, OPT_CONN, OPT_TARGET, OPT_MIRROR, OPT_MIRROR_FD, OPT_GO_FD, OPT_LOG, OPT_USER,
	OPT_NAME, OPT_EXTENSION, OPT_REASON, OPT_ATTR, OPT_ENTRY, OPT_NEGATIVE, OPT_BACKING,
	OPT_FOLDS, OPT_DEBUG, OPT_VERSION, OPT_HELP,
};

static const struct {
	struct option opt;
	const char *help;
} options[] = {
	{ { "fd", required_argument, NULL, OPT_FD }, "N: the connection, an open /dev/extfuse" },
	{ { "conn", required_argument, NULL, OPT_CONN }, "N: its number (st_dev of the mount)" },
	{ { "target", required_argument, NULL, OPT_TARGET }, "DIR: where it is mounted" },
	{ { "mirror", required_argument, NULL, OPT_MIRROR }, "DIR: serve this directory" },
	{ { "mirror-fd", required_argument, NULL, OPT_MIRROR_FD }, "N: the directory, opened before the mount was made" },
	{ { "go-fd", required_argument, NULL, OPT_GO_FD }, "N: wait here for a byte, then go to the background" },
	{ { "log", required_argument, NULL, OPT_LOG }, "FILE|syslog|stderr: where messages go" },
	{ { "user", required_argument, NULL, OPT_USER }, "NAME: run PROGRAM as this user" },
	{ { "name", required_argument, NULL, OPT_NAME }, "TEXT: how 'extfuse status' calls the daemon" },
	{ { "extension", required_argument, NULL, OPT_EXTENSION }, "TEXT: the extension that was asked for" },
	{ { "reason", required_argument, NULL, OPT_REASON }, "TEXT: why it is not attached" },
	{ { "folds", required_argument, NULL, OPT_FOLDS }, "TEXT: how files are found under other names than theirs" },
	{ { "attr-timeout", required_argument, NULL, OPT_ATTR }, "SECONDS: mirror: lifetime of attributes" },
	{ { "entry-timeout", required_argument, NULL, OPT_ENTRY }, "SECONDS: mirror: of names" },
	{ { "negative-timeout", required_argument, NULL, OPT_NEGATIVE }, "SECONDS: mirror: of names that do not exist" },
	{ { "backing", no_argument, NULL, OPT_BACKING }, "mirror: give the kernel backing objects (passthrough)" },
	{ { "debug", no_argument, NULL, OPT_DEBUG }, "mirror: libfuse prints each request" },
	{ { "version", no_argument, NULL, OPT_VERSION }, "print the version" },
	{ { "help", no_argument, NULL, OPT_HELP }, "print this" },
};

#define NOPTIONS	(sizeof(options) / sizeof(*options))

static void usage(void)
{
	size_t i;

	puts("usage: extfused --fd=N --conn=N --target=DIR [OPTIONS] (--mirror=DIR | -- PROGRAM ARG...)\n"
	     "The helper daemon of one extfuse mount; mount.extfuse starts it.\n");
	for (i = 0; i < NOPTIONS; i++)
		printf("  --%-18s %s\n", options[i].opt.name, options[i].help);
}

static void take_option(struct extfused_options *o, int c, const char *arg)
{
	switch (c) {
	case OPT_FD:
		o->fd = atoi(arg);
		break;
	case OPT_CONN:
		o->state.conn = strtoul(arg, NULL, 10);
		break;
	case OPT_TARGET:
		snprintf(o->state.target, sizeof(o->state.target), "%s", arg);
		break;
	case OPT_MIRROR:
		o->mirror.source = arg;
		break;
	case OPT_MIRROR_FD:
		o->mirror.source_fd = atoi(arg);
		break;
	case OPT_GO_FD:
		o->go_fd = atoi(arg);
		break;
	case OPT_LOG:
		o->log = arg;
		break;
	case OPT_USER:
		o->user = arg;
		break;
	case OPT_NAME:
		snprintf(o->state.command, sizeof(o->state.command), "%s", arg);
		break;
	case OPT_EXTENSION:
		snprintf(o->state.extension, sizeof(o->state.extension), "%s", arg);
		break;
	case OPT_REASON:
		snprintf(o->state.reason, sizeof(o->state.reason), "%s", arg);
		break;
	case OPT_FOLDS:
		snprintf(o->state.folds, sizeof(o->state.folds), "%s", arg);
		break;
	case OPT_ATTR:
		o->mirror.attr_timeout = atof(arg);
		break;
	case OPT_ENTRY:
		o->mirror.entry_timeout = atof(arg);
		break;
	case OPT_NEGATIVE:
		o->mirror.negative_timeout = atof(arg);
		break;
	case OPT_BACKING:
		o->mirror.backing = true;
		break;
	case OPT_DEBUG:
		o->mirror.debug = 1;
		break;
	case OPT_VERSION:
		puts("extfused " EXTFUSE_VERSION);
		exit(0);
	case OPT_HELP:
		usage();
		exit(0);
	default:
		exit(2);
	}
}

static void check_options(const struct extfused_options *o)
{
	if (o->fd < 0 || !o->state.conn || !o->state.target[0]) {
		log_error("--fd, --conn and --target are needed: see extfused --help");
		exit(2);
	}
	if (!o->mirror.source == !o->command) {
		log_error("either --mirror=DIR or a program is needed: see extfused --help");
		exit(2);
	}
	if (o->mirror.source && o->mirror.source_fd < 0) {
		log_error("with --mirror goes --mirror-fd: see extfused --help");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct extfused_options o = {
		.fd = -1, .go_fd = -1,
		.mirror = { .source_fd = -1, .attr_timeout = 1, .entry_timeout = 1 },
	};
	struct option longs[NOPTIONS + 1] = { 0 };
	size_t i;
	int c;

	inherit_sane();
	log_name("extfused");
	for (i = 0; i < NOPTIONS; i++)
		longs[i] = options[i].opt;
	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1)
		take_option(&o, c, optarg);
	if (optind < argc)
		o.command = argv + optind;
	check_options(&o);
	o.mirror.conn = o.state.conn;
	if (!o.state.command[0])
		snprintf(o.state.command, sizeof(o.state.command), "%s",
			 o.command ? o.command[0] : "mirror");
	if (o.go_fd >= 0)
		o.mirror.log = o.log ? o.log : "syslog";
	return supervise(&o);
}
