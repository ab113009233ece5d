/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The own names of files that were found under others, see own.c.
 */
#ifndef _EXTFUSE_TREE_OWN_H
#define _EXTFUSE_TREE_OWN_H

#include "passthrough/pass.h"

/* RENAME has two. */
#define EXTFUSE_NAMED_MAX	2

/* A name of a request. */
struct extfuse_named {
	unsigned int arg;		/* the input that has it */
	const struct path *dir;		/* below */
	struct dentry *low;		/* what was found there */
	struct file *list;		/* of the directory, if that is locked: from extfuse_own_open() */
};

struct file *extfuse_own_open(const struct extfuse_pass *pass, const struct path *path);
void extfuse_own_close(struct file *list);
ssize_t extfuse_own_undone(struct extfuse_pass *pass);
bool extfuse_own_lets(struct extfuse_pass *pass, const struct extfuse_named *named, unsigned int n,
		      bool locked, ssize_t *ret);

#endif /* _EXTFUSE_TREE_OWN_H */
