/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that mend a package that is missing or broken, as users of this
 * distribution type them.
 */
#ifndef EXTFUSE_PACKAGES_H
#define EXTFUSE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A command for the user to type. */
struct command_line {
	char text[512];
};

/* Fills @line with the command that installs @deb (Debian's names) or @rpm (Fedora's and openSUSE's); returns its text. */
const char *install_command(struct command_line *line, const char *deb, const char *rpm);

/* Whether extfused starts, for which it needs libfuse3; else a sentence in @why. */
bool daemon_starts(char *why, size_t size);

/*
 * @why says that an extension of this package cannot be opened.  If @err says that it
 * is not there, adds the command that brings it back.
 */
void extension_mend(int err, char *why, size_t size);

#endif /* EXTFUSE_PACKAGES_H */
