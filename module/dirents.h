/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of a listing, see dirents.c.
 */
#ifndef _EXTFUSE_DIRENTS_H
#define _EXTFUSE_DIRENTS_H

#include "run.h"

/* One entry of a buffer. */
struct extfuse_entry {
	struct fuse_entry_out *out;	/* READDIRPLUS */
	struct fuse_dirent *dirent;
	u32 reclen;			/* padded */
};

/* False: no more whole, well-formed entry at @buf. */
bool extfuse_entry_next(void *buf, u32 left, bool plus, struct extfuse_entry *e);
bool extfuse_entry_is_malformed(void *buf, u32 left, bool plus);

static inline bool extfuse_dirent_is_dot(const struct fuse_dirent *dirent)
{
	return dirent->name[0] == '.' &&
	       (dirent->namelen == 1 || (dirent->namelen == 2 && dirent->name[1] == '.'));
}

enum extfuse_outcome extfuse_dirents_check(struct extfuse_run *run);
struct dentry *extfuse_dirent_lookup(struct dentry *dir, const struct fuse_dirent *dirent);
void extfuse_dirents_each(const struct fuse_args *args, u32 len,
			  void (*fn)(void *data, struct fuse_entry_out *out), void *data);
bool extfuse_dirents_equal(void *a, u32 alen, void *b, u32 blen, bool plus);

#endif /* _EXTFUSE_DIRENTS_H */
