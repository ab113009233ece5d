/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mends a package that is missing or broken, said as this distribution's
 * users type it.
 */
#ifndef EXTFUSE_PACKAGES_H
#define EXTFUSE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The command that installs what Debian calls @deb, and Fedora and openSUSE
 * @rpm.  The line is valid until the next call.
 */
const char *install_command(const char *deb, const char *rpm);

/* Whether extfused starts, for which it needs libfuse3; else a sentence in @why. */
bool daemon_starts(char *why, size_t size);

/*
 * Adds to @why, the sentence for an extension of this package that cannot be
 * opened, what brings it back if @err says that it is not there.
 */
void extension_mend(int err, char *why, size_t size);

#endif /* EXTFUSE_PACKAGES_H */
