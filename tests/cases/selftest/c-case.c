// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a C case is built, found and run, in an empty directory of its own, without descriptors from the harness
 * needs: root
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "case.h"

int main(void)
{
	struct dirent *d;
	DIR *dir = opendir(".");
	int fd;

	CHECK(dir, "the working directory must open");
	while ((d = readdir(dir)))
		CHECK(d->d_name[0] == '.', "it must be empty, not hold %s", d->d_name);
	closedir(dir);
	CHECK(getenv("CASE") && !strcmp(getenv("CASE"), "selftest/c-case"), "CASE must name this case");
	for (fd = 3; fd < 64; fd++)
		CHECK(fcntl(fd, F_GETFD) < 0, "descriptor %d must not be open", fd);
	return 0;
}
