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
	const char *mount;
	const char *ext;
	struct extfuse_options options;
};

/* Each returns the exit status: 0, 1 for what failed. */
int do_status(const struct cli_args *args);
int do_stats(const struct cli_args *args);
int do_doctor(const struct cli_args *args);
int do_attach(const struct cli_args *args);
int do_replace(const struct cli_args *args);
int do_detach(const struct cli_args *args);

#define EXTFUSE_DEVICE		"/dev/extfuse"
#define DEFAULT_EXTENSION	"metacache"

/* One line to stderr; returns 1. */
__attribute__((format(printf, 1, 2)))
int cli_fail(const char *fmt, ...);

/* An open device, or -errno. */
int cli_device(void);

/* Finds the mount that the user named; says so and returns NULL if there is none. */
const struct mount_entry *cli_mount(struct mount_list *list, const char *path);

#endif /* EXTFUSE_CLI_H */
