/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What C cases share. CHECK(what must be true, "what it means", …) ends the case with a line that says where and what,
 * together with errno's words; SKIP("reason") ends it as skipped.
 */
#ifndef CASE_H
#define CASE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_EXIT_SKIP	77

#define CHECK(condition, ...)							\
	do {									\
		int case_ok = !!(condition), case_errno = errno;		\
										\
		if (!case_ok) {							\
			fflush(stdout);						\
			fprintf(stderr, "failed: %s:%d: ", __FILE__, __LINE__);	\
			fprintf(stderr, __VA_ARGS__);				\
			fprintf(stderr, " [%s; errno: %s]\n", #condition,	\
				strerror(case_errno));				\
			exit(1);						\
		}								\
	} while (0)

/* How many times slower than usual this machine is said to be: waiting for what must happen lasts so much longer. */
static inline int case_slow(void)
{
	const char *slow = getenv("EXTFUSE_SLOW");

	return slow ? atoi(slow) : 1;
}

#define SKIP(...)								\
	do {									\
		printf(__VA_ARGS__);						\
		printf("\n");							\
		exit(CASE_EXIT_SKIP);						\
	} while (0)

/* The entries of a directory: their number, and their names with a blank behind each unless @names is NULL. */
unsigned int case_list(const char *path, char *names, size_t room);

/*
 * The slab caches of these names (a shell pattern) give back what is free: what processors keep for later, and what KASAN
 * has put into quarantine, up to a 32nd of all memory, and still counts as used.
 */
void case_slabs_shrink(const char *caches);

#endif
