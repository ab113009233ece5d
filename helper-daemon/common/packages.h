/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mends a package that is missing or broken, said as this distribution's
 * users type it.
 */
#ifndef EXTFUSE_PACKAGES_H
#define EXTFUSE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A command for the user to type. */
struct command_line {
	char text[512];
};

/* Fills @line with the command that installs what Debian calls @deb, and Fedora and openSUSE @rpm; returns its text. */
const char *install_command(struct command_line *line, const char *deb, const char *rpm);

/* Whether extfused starts, for which it needs libfuse3; else a sentence in @why. */
bool daemon_starts(char *why, size_t size);

/*
 * Adds to @why, the sentence for an extension of this package that cannot be
 * opened, what brings it back if @err says that it is not there.
 */
void extension_mend(int err, char *why, size_t size);

#endif /* EXTFUSE_PACKAGES_H */
