/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A case that compares a mirror with ext4: it does the same steps in a bind mount of a directory and in a mirror of
 * another one, writes down what every call returned, errno included, and compares the two accounts line by line.  A step
 * says what it does in SAY(), CALL(), OPEN() or LOOK(); times and inode numbers are looked at by what became of them, not by
 * value.  A case ends with COMPARE_MAIN(steps).
 *
 * It is done with ext=passthrough and again with ext=metacache (not with SHORT=1); EXT= in the environment chooses.  With two directories as
 * arguments the case compares these, without any mount of its own.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

#define ALICE	1000
#define TEAM	2000

/* A case defines it as true where the daemon's own way is for LONG=1 only. */
extern bool compare_short;
/* @run: the steps, done with the directory as working directory. */
int compare_main(int argc, char **argv, void (*run)(void));

#define COMPARE_MAIN(run)				\
	int main(int argc, char **argv)			\
	{						\
		return compare_main(argc, argv, run);	\
	}

/* The directory on ext4 that the working directory shows. */
extern const char *compare_below;
/* Is the mirror of this comparison passed through?  Also while the steps are done natively. */
extern bool compare_passthrough;

void compare_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void compare_look(const char *func, int line, const char *path);

/* Runs @fn as a user in a process of its own; @group: another group, unless 0. */
void as_user(uid_t uid, gid_t gid, gid_t group, void (*fn)(void));

#define SAY(...)	compare_say(__VA_ARGS__)

/* The call, its result, and errno where it failed. */
#define CALL(expr)							\
	({								\
		long call_ret;						\
									\
		errno = 0;						\
		call_ret = (long)(expr);				\
		if (call_ret < 0)					\
			SAY("%s:%d: %s = %s", __func__, __LINE__, #expr,\
			    strerrorname_np(errno));			\
		else							\
			SAY("%s:%d: %s = %ld", __func__, __LINE__, #expr, call_ret); \
		call_ret;						\
	})

/* The same for calls that return a descriptor, whose number is chance. */
#define OPEN(expr)							\
	({								\
		int open_ret;						\
									\
		errno = 0;						\
		open_ret = (expr);					\
		SAY("%s:%d: %s: %s", __func__, __LINE__, #expr,		\
		    open_ret < 0 ? strerrorname_np(errno) : "open");	\
		open_ret;						\
	})

/* What lstat() says, without what differs by nature. */
#define LOOK(path)	compare_look(__func__, __LINE__, path)

#endif /* COMPARE_H */
