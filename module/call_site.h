/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What call sites of the fork hold when they send a request.
 */
#ifndef _EXTFUSE_CALL_SITE_H
#define _EXTFUSE_CALL_SITE_H

/* The table at the top of hook.c, asserted where EXTFUSE_DEBUG=y built it. */
static inline void extfuse_call_site_assert(const struct fuse_args *args, bool background)
{
	if (!EXTFUSE_DEBUG)
		return;

	WARN_ON_ONCE(!in_task());
	WARN_ON_ONCE(background != !!args->end);
	WARN_ON_ONCE(args->nocreds && !args->force);
	might_sleep();
	switch (args->opcode) {
	case FUSE_RENAME:
	case FUSE_RENAME2:
		WARN_ON_ONCE(!inode_is_locked(args->ext.dir2));
		fallthrough;
	case FUSE_CREATE:
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_SYMLINK:
	case FUSE_LINK:
	case FUSE_UNLINK:
	case FUSE_RMDIR:
	case FUSE_SETXATTR:
	case FUSE_REMOVEXATTR:
	case FUSE_FALLOCATE:
		WARN_ON_ONCE(!inode_is_locked(args->ext.inode));
		break;
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		WARN_ON_ONCE(!rwsem_is_locked(&args->ext.inode->i_rwsem));
		break;
	}
}

#endif /* _EXTFUSE_CALL_SITE_H */
