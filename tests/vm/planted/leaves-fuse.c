// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a FUSE mount that nobody serves, with a process waiting in it, must fail the case and be cleared away
 * needs: fuse
 * timeout: 20
 * expect: fail left mounted: fuse on /scratch/case/m
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"

int main(void)
{
	int fd = open("/dev/fuse", O_RDWR), ready[2];
	char options[64], byte;
	struct stat st;

	CHECK(fd >= 0, "/dev/fuse must open");
	CHECK(!mkdir("m", 0755) && !pipe(ready), "a directory and a pipe must be made");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	CHECK(!mount("planted", "m", "fuse", 0, options), "the mount must succeed");
	if (!fork()) {
		/* Never answered: nobody reads the requests. This descriptor keeps the connection alive. */
		CHECK(write(ready[1], "", 1) == 1, "the parent must be told");
		stat("m/x", &st);
		_exit(0);
	}
	CHECK(read(ready[0], &byte, 1) == 1, "the child must have been started");
	return 0;
}
