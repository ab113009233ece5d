// SPDX-License-Identifier: GPL-2.0-only
/* Giving back what slab caches keep, for cases that measure memory: see case.h. */
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "case.h"

void case_slabs_shrink(const char *caches)
{
	char pattern[256];
	glob_t g;
	size_t i;
	int fd;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/slab/%s/shrink", caches);
	CHECK(!glob(pattern, 0, NULL, &g), "there must be %s", pattern);
	for (i = 0; i < g.gl_pathc; i++) {
		fd = open(g.gl_pathv[i], O_WRONLY);
		CHECK(fd >= 0 && write(fd, "1", 1) == 1, "%s", g.gl_pathv[i]);
		close(fd);
	}
	globfree(&g);
}
