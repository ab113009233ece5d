/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes and sums of files, for io.c.
 */
#ifndef SUMS_H
#define SUMS_H

#include "compare.h"

static unsigned int sum_of(int fd)
{
	static char buf[65536];
	unsigned int sum = 0;
	off_t at = 0;
	ssize_t n, i;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		for (i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)buf[i];
		at += n;
	}
	return sum;
}

/* What is seen through the file, and what is below. */
static void say_sum(const char *path)
{
	char below[4200];
	struct stat st;
	int fd;

	snprintf(below, sizeof(below), "%s/%s", compare_below, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !fstat(fd, &st), "%s", path);
	SAY("%s: size %ld sum %x", path, (long)st.st_size, sum_of(fd));
	close(fd);
	fd = open(below, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !fstat(fd, &st), "%s", below);
	SAY("below: size %ld sum %x", (long)st.st_size, sum_of(fd));
	close(fd);
}

#endif
