// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the module is if it is not here, see elsewhere.h.
 */
#include "elsewhere.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* These are what Docker, Podman, and systemd-nspawn and LXC leave to be found. */
static const char *const container_marks[] = {
	"/.dockerenv", "/run/.containerenv", "/run/systemd/container",
};

/* The initial user namespace maps all ids. */
static bool in_user_namespace(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned int inside, outside, count;
	bool whole = true;

	if (!f)
		return false;
	if (fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		whole = !inside && !outside && count == 4294967295U;
	fclose(f);
	return !whole;
}

bool in_container(void)
{
	for (size_t i = 0; i < sizeof(container_marks) / sizeof(*container_marks); i++) {
		if (!access(container_marks[i], F_OK))
			return true;
	}
	return in_user_namespace();
}

#define MODULES "/lib/modules/"

/* DKMS installs into updates/dkms on Debian, into extra or updates elsewhere. */
static const char module_pattern[] = MODULES "*/{updates/dkms,updates,extra}/extfuse.ko*";

bool module_other_kernel(const char *running, char *release, size_t size)
{
	glob_t found = { 0 };
	char here[256];

	*release = '\0';
	if (glob(module_pattern, GLOB_BRACE, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = found.gl_pathv[i] + strlen(MODULES);

		snprintf(here, sizeof(here), "%.*s", (int)strcspn(name, "/"), name);
		if (strcmp(here, running) && strverscmp(here, release) > 0)
			snprintf(release, size, "%s", here);
	}
	globfree(&found);
	return *release;
}
