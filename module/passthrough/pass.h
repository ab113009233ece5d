/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of passthrough share, see pass.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_PASS_H
#define _EXTFUSE_PASSTHROUGH_PASS_H

#include <linux/cred.h>
#include <linux/path.h>
#include "passthrough/handle.h"

/* A request that is done on a backing file system. */
struct extfuse_pass {
	struct extfuse_conn *xc;
	struct fuse_mount *fm;
	struct fuse_args *args;
	struct inode *inode;		/* the node's */
	struct fuse_file *ff;		/* the handle if it is on a backing file, or NULL */
	struct path path;		/* of the node on the backing file system */
	const struct cred *giver;	/* of the opener of /dev/extfuse; of the handle */
	const struct cred *caller;	/* the task's own */
	const struct cred *cred;	/* with which it is done, see rights.c */
};

/*
 * Each returns what fuse_simple_request() would, with the outputs written, or
 * EXTFUSE_NOT_DONE, with args as they were.
 */
typedef ssize_t (*extfuse_pass_fn)(struct extfuse_pass *pass);

ssize_t extfuse_pass(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args);

/* Not answered; is it, or may it be, for a backing file system, or for a handle that was kept? */
static inline bool extfuse_may_pass(const struct fuse_args *args)
{
	return args->ext.pass >= EXTFUSE_PASS_ASKED || args->ext.ours;
}

/* rights.c */
bool extfuse_rights_need_check(u32 opcode);
bool extfuse_rights_are_tasks(u32 opcode);
const struct cred *extfuse_rights_get(const struct extfuse_pass *pass, u32 opcode);
void extfuse_rights_opened(const struct extfuse_pass *pass, struct fuse_file *ff);
void extfuse_rights_released(struct fuse_file *ff);

/* attr.c */
ssize_t extfuse_pass_getattr(struct extfuse_pass *pass);
ssize_t extfuse_pass_statx(struct extfuse_pass *pass);
ssize_t extfuse_pass_setattr(struct extfuse_pass *pass);
ssize_t extfuse_pass_access(struct extfuse_pass *pass);
ssize_t extfuse_pass_statfs(struct extfuse_pass *pass);
ssize_t extfuse_pass_readlink(struct extfuse_pass *pass);
int extfuse_pass_attr(const struct extfuse_pass *pass, struct fuse_attr *attr);
int extfuse_pass_truncate(const struct extfuse_pass *pass, struct file *file);

/* xattr.c */
ssize_t extfuse_pass_getxattr(struct extfuse_pass *pass);
ssize_t extfuse_pass_setxattr(struct extfuse_pass *pass);
ssize_t extfuse_pass_listxattr(struct extfuse_pass *pass);
ssize_t extfuse_pass_removexattr(struct extfuse_pass *pass);

/* open.c */
ssize_t extfuse_pass_open(struct extfuse_pass *pass);
ssize_t extfuse_pass_opendir(struct extfuse_pass *pass);
ssize_t extfuse_pass_tmpfile(struct extfuse_pass *pass);
void extfuse_handle_undo(struct inode *inode, struct fuse_file *ff);
void extfuse_size_take(struct inode *inode, const struct inode *low);

/* file.c */
ssize_t extfuse_pass_flush(struct extfuse_pass *pass);
ssize_t extfuse_pass_fsync(struct extfuse_pass *pass);
ssize_t extfuse_pass_lseek(struct extfuse_pass *pass);
ssize_t extfuse_pass_fallocate(struct extfuse_pass *pass);
ssize_t extfuse_pass_copy_file_range(struct extfuse_pass *pass);
ssize_t extfuse_pass_ioctl(struct extfuse_pass *pass);

/* flags.c */
int extfuse_pass_flags(const struct extfuse_pass *pass);

/* dir.c */
ssize_t extfuse_pass_readdir(struct extfuse_pass *pass);

#endif /* _EXTFUSE_PASSTHROUGH_PASS_H */
