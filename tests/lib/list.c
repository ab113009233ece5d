// SPDX-License-Identifier: GPL-2.0-only
/* Listing a directory, for cases: see case.h. */
#include <dirent.h>

#include "case.h"

unsigned int case_list(const char *path, char *names, size_t room)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	unsigned int n = 0;
	size_t len = 0;

	CHECK(dir, "%s must open", path);
	if (names)
		*names = 0;
	while ((errno = 0, d = readdir(dir))) {
		n++;
		if (!names)
			continue;
		len += snprintf(names + len, room - len, "%s ", d->d_name);
		CHECK(len < room, "%s has more names than are expected", path);
	}
	CHECK(!errno, "%s must be listed to its end, %u entries came", path, n);
	closedir(dir);
	return n;
}
