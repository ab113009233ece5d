/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command 'extfuse': a table of commands, one file each.
 */
#ifndef EXTFUSE_CLI_H
#define EXTFUSE_CLI_H

#include <stdbool.h>

#include <extfuse/extfuse.h>

#include "mounts.h"

struct cli_args {
	bool json;
	bool version;
	bool help;
	bool verbose;
	bool openmetrics;
	bool once;
	bool latency;		/* of top */
	double interval;	/* of top, seconds */
	const char *mount;	/* the first word; of inspect, test and new: an extension; of replay: a file */
	const char *ext;
	const char *file;	/* the second word; NULL: there is none */
	const char *expect;	/* of test: a file */
	char *list;		/* -o: more options of the extension; of trace: opcodes */
	const char *name;	/* of trace */
	__u32 pid;
	const char *record;	/* a file */
	struct extfuse_options options;
};

/* Each returns the exit status: 0, or 1 on failure; do_test() and do_replay() also 2, where it could not be run. */
int do_status(const struct cli_args *args);
int do_stats(const struct cli_args *args);
int do_top(const struct cli_args *args);
int do_doctor(const struct cli_args *args);
int do_list(const struct cli_args *args);
int do_inspect(const struct cli_args *args);
int do_test(const struct cli_args *args);
int do_trace(const struct cli_args *args);
int do_replay(const struct cli_args *args);
int do_new(const struct cli_args *args);
int do_attach(const struct cli_args *args);
int do_replace(const struct cli_args *args);
int do_detach(const struct cli_args *args);

#define DEFAULT_EXTENSION	"metacache"

/* One line to stderr; returns 1. */
__attribute__((format(printf, 1, 2)))
int cli_fail(const char *fmt, ...);

/* The mount that a command is about, and a device to ask for it. */
struct cli_target {
	struct mount_list list;
	const struct mount_entry *e;	/* in the list; NULL: all of them */
	int fd;
};

/* Finds the mount that the user named; NULL: all.  Returns 0, or 1 after it has said what is wrong. */
int cli_open(struct cli_target *t, const char *mount);
void cli_close(struct cli_target *t);

/* Says why there are no counters of @mount; returns 1. */
int cli_no_counters(const char *mount, int err);

#endif /* EXTFUSE_CLI_H */
