/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done with names in a tree, see lookup.c, found.c and change.c.
 */
#ifndef _EXTFUSE_TREE_NAMES_H
#define _EXTFUSE_TREE_NAMES_H

#include "passthrough/pass.h"

/* lookup.c */
ssize_t extfuse_pass_lookup(struct extfuse_pass *pass);

/* found.c */
ssize_t extfuse_entry_found(const struct extfuse_pass *pass, struct dentry *low);
void extfuse_names_undo(struct fuse_args *args);

/* change.c */
ssize_t extfuse_pass_mknod(struct extfuse_pass *pass);
ssize_t extfuse_pass_mkdir(struct extfuse_pass *pass);
ssize_t extfuse_pass_symlink(struct extfuse_pass *pass);
ssize_t extfuse_pass_link(struct extfuse_pass *pass);
ssize_t extfuse_pass_unlink(struct extfuse_pass *pass);
ssize_t extfuse_pass_rmdir(struct extfuse_pass *pass);
ssize_t extfuse_pass_rename(struct extfuse_pass *pass);

#endif /* _EXTFUSE_TREE_NAMES_H */
