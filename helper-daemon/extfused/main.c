// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfused: the helper daemon of one mount.  mount.extfuse starts it with the
 * connection open; its options are an agreement between the two and may change
 * with any version.
 */
#include "extfused.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inherit.h"
#include "log.h"
#include "option.h"

#define AT(field)	offsetof(struct extfused_options, field)
#define COPY(field)	OPTION_COPY, AT(field), .limit = sizeof(((struct extfused_options *)0)->field)

static const struct option_row rows[] = {
	{ "fd=", OPTION_NUMBER, AT(fd), .help = "N: the connection, an open /dev/extfuse" },
	{ "conn=", OPTION_COUNT, AT(state.conn), .help = "N: its number (st_dev of the mount)" },
	{ "target=", COPY(state.target), .help = "DIR: where it is mounted" },
	{ "mirror=", OPTION_TEXT, AT(mirror.source), .help = "DIR: serve this directory" },
	{ "mirror-fd=", OPTION_NUMBER, AT(mirror.source_fd),
	  .help = "N: the directory, opened before the mount was made" },
	{ "go-fd=", OPTION_NUMBER, AT(go_fd),
	  .help = "N: wait here for a byte, then go to the background" },
	{ "log=", OPTION_TEXT, AT(log), .help = "FILE|syslog|stderr: where messages go" },
	{ "user=", OPTION_TEXT, AT(user), .help = "NAME: run PROGRAM as this user" },
	{ "name=", COPY(state.command), .help = "TEXT: how 'extfuse status' calls the daemon" },
	{ "extension=", COPY(state.extension), .help = "TEXT: the extension that was asked for" },
	{ "reason=", COPY(state.reason), .help = "TEXT: why it is not attached" },
	{ "folds=", COPY(state.folds),
	  .help = "TEXT: how files are found under other names than theirs" },
	{ "attr-timeout=", OPTION_SECONDS, AT(mirror.attr_timeout),
	  .help = "SECONDS: mirror: lifetime of attributes" },
	{ "entry-timeout=", OPTION_SECONDS, AT(mirror.entry_timeout), .help = "SECONDS: mirror: of names" },
	{ "negative-timeout=", OPTION_SECONDS, AT(mirror.negative_timeout),
	  .help = "SECONDS: mirror: of names that do not exist" },
	{ "backing", OPTION_SWITCH, AT(mirror.backing),
	  .help = "mirror: give the kernel backing objects (passthrough)" },
	{ "tree", OPTION_SWITCH, AT(mirror.tree), .help = "mirror: let names be the kernel's" },
	{ "debug", OPTION_SWITCH, AT(mirror.debug), .help = "mirror: libfuse prints each request" },
	{ "version", OPTION_SWITCH, AT(version), .help = "print the version" },
	{ "help", OPTION_SWITCH, AT(help), .help = "print this" },
};

static const struct option_table table = OPTION_TABLE(rows);

static void usage(void)
{
	puts("usage: extfused --fd=N --conn=N --target=DIR [OPTIONS] (--mirror=DIR | -- PROGRAM ARG...)\n"
	     "The helper daemon of one extfuse mount; mount.extfuse starts it.\n");
	option_help(&table, 0, "--", stdout);
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
		log_error("--mirror needs --mirror-fd: see extfused --help");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct extfused_options o = {
		.fd = -1, .go_fd = -1,
		.mirror = { .source_fd = -1, .attr_timeout = 1, .entry_timeout = 1 },
	};
	char why[256];
	int at;

	inherit_sane();
	log_name("extfused");
	at = option_args(&table, &o, argc, argv, true, why, sizeof(why));
	if (at < 0 && *why)
		log_error("%s", why);
	if (at < 0)
		return 2;
	if (o.version) {
		puts("extfused " EXTFUSE_VERSION);
		return 0;
	}
	if (o.help) {
		usage();
		return 0;
	}
	if (at < argc)
		o.command = argv + at;
	check_options(&o);
	o.mirror.conn = o.state.conn;
	if (!o.state.command[0])
		snprintf(o.state.command, sizeof(o.state.command), "%s",
			 o.command ? o.command[0] : "mirror");
	if (o.go_fd >= 0)
		o.mirror.log = o.log ? o.log : "syslog";
	return supervise(&o);
}
