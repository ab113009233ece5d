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

const char *install_command(const char *deb, const char *rpm)
{
	static char line[512];

	if (!access("/usr/bin/apt-get", X_OK))
		snprintf(line, sizeof(line), "apt install %s", deb);
	else if (!access("/usr/bin/zypper", X_OK))
		snprintf(line, sizeof(line), "zypper install %s", rpm);
	else
		snprintf(line, sizeof(line), "dnf install %s", rpm);
	return line;
}

/* The command for the library that the dynamic linker names in @line, or for extfused itself. */
static const char *daemon_mend(const char *line)
{
	const char *name = strstr(line, LIBFUSE);
	char deb[64], rpm[64];
	int version;

	if (!name || !isdigit((unsigned char)name[strlen(LIBFUSE)]))
		return install_command("--reinstall extfuse", "extfuse");
	version = name[strlen(LIBFUSE)];
	snprintf(deb, sizeof(deb), "--reinstall libfuse3-%c", version);
	/* Its package has another name in each distribution, and what it provides the same. */
	snprintf(rpm, sizeof(rpm), "'" LIBFUSE "%c()(64bit)'", version);
	return install_command(deb, rpm);
}

bool daemon_starts(char *why, size_t size)
{
	FILE *f = popen("extfused --version 2>&1", "re");
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
	snprintf(why, size, "extfused, which serves every mount, does not start (%s): %s", line, daemon_mend(line));
	return false;
}

void extension_mend(int err, char *why, size_t size)
{
	size_t len = strlen(why);

	if (err == -ENOENT)
		snprintf(why + len, size - len, ": %s", install_command("--reinstall extfuse", "extfuse"));
}
