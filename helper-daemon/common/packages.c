// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which package is missing, and how it is installed, see packages.h.
 */
#include "packages.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIBFUSE	"libfuse3.so."

const char *install_command(struct command_line *line, const char *deb, const char *rpm)
{
	if (!access("/usr/bin/apt-get", X_OK))
		snprintf(line->text, sizeof(line->text), "apt install %s", deb);
	else if (!access("/usr/bin/zypper", X_OK))
		snprintf(line->text, sizeof(line->text), "zypper install %s", rpm);
	else
		snprintf(line->text, sizeof(line->text), "dnf install %s", rpm);
	return line->text;
}

/* The command for the library that the dynamic linker names in @said, or for extfused itself. */
static const char *daemon_mend(struct command_line *line, const char *said)
{
	const char *name = strstr(said, LIBFUSE);
	char deb[64], rpm[64];
	int version;

	if (!name || !isdigit((unsigned char)name[strlen(LIBFUSE)]))
		return install_command(line, "--reinstall extfuse", "extfuse");
	version = name[strlen(LIBFUSE)];
	snprintf(deb, sizeof(deb), "--reinstall libfuse3-%c", version);
	/* Its package has another name in each distribution, but provides the same. */
	snprintf(rpm, sizeof(rpm), "'" LIBFUSE "%c()(64bit)'", version);
	return install_command(line, deb, rpm);
}

bool daemon_starts(char *why, size_t size)
{
	FILE *f = popen("extfused --version 2>&1", "re");
	struct command_line mend;
	char line[512];

	if (!f) {
		snprintf(why, size, "cannot start extfused: %s", strerror(errno));
		return false;
	}
	if (!fgets(line, sizeof(line), f))
		*line = '\0';
	if (!pclose(f))
		return true;
	line[strcspn(line, "\n")] = '\0';
	snprintf(why, size, "extfused, which serves every mount, does not start (%s): %s", line, daemon_mend(&mend, line));
	return false;
}

void extension_mend(int err, char *why, size_t size)
{
	struct command_line mend;
	size_t len = strlen(why);

	if (err == -ENOENT)
		snprintf(why + len, size - len, ": %s",
			 install_command(&mend, "--reinstall extfuse", "extfuse"));
}
