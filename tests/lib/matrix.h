/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Matrices for compare.h: objects x callers x operations.  Root makes one object for each operation, below, a child that has
 * become the caller does all operations, each on its own object, and root writes down for each cell what the call returned
 * and what became of the object (and of "new" in it, if it is a directory); where the directory below shows something else,
 * that too.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "acl.h"
#include "compare.h"

#define OWNER		ALICE
#define MEMBER		1001
#define ACL_USER	1003
#define ACL_GROUP	3004

#define ACL_MAX	6
DECLARE_ACL(ACL_MAX);

enum { ACL_USER_OBJ = 1, ACL_USER_TAG = 2, ACL_GROUP_OBJ = 4, ACL_GROUP_TAG = 8, ACL_MASK = 16, ACL_OTHER = 32 };

/* A named user and a named group, both limited by the mask. */
struct acl acl_make(unsigned int named, unsigned int mask, unsigned int other);

struct caller {
	const char *name;
	uid_t uid;
	gid_t gid, group;
};

extern const struct caller callers[];
extern const unsigned int ncallers;

/* A capability of a file, as setcap writes it: cap_net_bind_service=p. */
extern const unsigned char matrix_caps[20];

/* Result of an operation: what the call returned, or -errno. */
struct op {
	const char *name;
	long (*run)(const char *path);
};

/* long NAME(path): the call's own result. */
#define OP(name, expr)							\
	static long name(const char *p)					\
	{								\
		long op_ret = (long)(expr);				\
									\
		return op_ret < 0 ? -errno : op_ret;			\
	}
/* The same on a descriptor; what cannot be opened has the error of open. */
#define FD_OP(name, flags, expr)					\
	static long name(const char *p)					\
	{								\
		int fd = open(p, (flags) | O_CLOEXEC);			\
		long op_ret = fd < 0 ? -1 : (long)(expr), op_errno = errno; \
									\
		if (fd >= 0)						\
			close(fd);					\
		return op_ret < 0 ? -op_errno : op_ret;			\
	}

struct object {
	const char *name;
	mode_t mode;		/* with its type */
	uid_t uid;
	gid_t gid;
	/* After owner and mode; NULL: nothing more. */
	void (*more)(const char *path);
};

/* Made as root; ends the case if it cannot be. */
void object_make(const struct object *object, const char *path);

/* One line: mode, owner, links, size, ACLs, capabilities, xattrs, flags, and which times are as they were set. */
void matrix_state(char *buf, size_t room, const char *path);
/* Times are seen to move from here. */
void matrix_set_times(const char *path);
/* Appends to the text in @buf, as far as there is room. */
__attribute__((format(printf, 3, 4)))
void matrix_add(char *buf, size_t room, const char *fmt, ...);

/* Each operation of @ops for each caller on an object of its own; the cells are "object caller operation". */
void matrix_run(const struct object *object, const struct op *ops, unsigned int nops);

/* Runs @fn(data) as a caller, in a child; what it returns goes through the exit status. */
void matrix_as(const struct caller *caller, void (*fn)(void *data), void *data);
/* "NAME = ERRNO" or "NAME = number". */
void matrix_result(char *buf, size_t room, long result);

#endif
