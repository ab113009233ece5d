/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names below: looked up, made, removed and moved as the VFS does it for a system call,
 * by name, under the locks of the directories, with the current credentials.  What has
 * a delegation is waited for.
 *
 * HAVE_START_CREATING: in 7.2 the VFS has calls that lock and look up, and a name is
 * a struct qstr; what creates is told of delegations of the directory, and vfs_mkdir()
 * gives the dentry that it has made.  The forms before go with the lines 6.1,
 * 6.12+deb12 and 6.12+deb13 of dkms/matrix.
 */
#ifndef _EXTFUSE_COMPAT_NAMES_H
#define _EXTFUSE_COMPAT_NAMES_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/path.h>
#include "compat/vfs.h"

#ifdef HAVE_START_CREATING
#define EXTFUSE_DELEGATED	struct delegated_inode
#else
#define EXTFUSE_DELEGATED	struct inode *
#endif

/* What is to be made. */
struct extfuse_new {
	umode_t mode;			/* with its type */
	dev_t rdev;
	const char *target;		/* of a symbolic link */
	struct dentry *link;		/* not NULL: another name for this */
};

/* The dentry of a name, with a reference, which may be negative; or an error. */
struct dentry *extfuse_low_lookup(const struct path *dir, const struct qstr *name);

/* The dentry of what was made, positive and with a reference; -EEXIST, or another error. */
struct dentry *extfuse_low_make(const struct path *dir, const struct qstr *name,
				const struct extfuse_new *what);

/* A removal: begin locks the directory and looks the name up, end lets go. */
struct extfuse_removing {
	const struct path *dir;
	const struct qstr *name;
	bool is_dir;
	struct dentry *low;
	EXTFUSE_DELEGATED delegated;
};

int extfuse_removing_begin(struct extfuse_removing *r);
int extfuse_removing_do(struct extfuse_removing *r);
/* True: a delegation was in the way, and is not any more: begin again.  Else *@ret has the result. */
bool extfuse_removing_end(struct extfuse_removing *r, ssize_t *ret);

/* A rename, likewise: of both directories and both names. */
struct extfuse_renaming {
	const struct path *from, *to;
	const struct qstr *old_name, *new_name;
	unsigned int flags;		/* RENAME_* */
	struct renamedata rd;
	EXTFUSE_DELEGATED delegated;
};

int extfuse_renaming_begin(struct extfuse_renaming *r);
bool extfuse_renaming_end(struct extfuse_renaming *r, ssize_t *ret);

/* ->d_revalidate() of a dentry below that has one; not in RCU walk. */
int extfuse_low_revalidate(struct dentry *low, unsigned int flags);

#endif /* _EXTFUSE_COMPAT_NAMES_H */
