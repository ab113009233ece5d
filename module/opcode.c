// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of opcodes: which of them programs are asked about, what a verdict
 * may do to them (design: rule 5.1), and which slots they move (section 6).
 * An opcode without a row is never asked, and its end moves the epoch: a
 * change of a kind that we do not know may be a change of anything.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "compat/statx.h"

#define A	BIT(EXTFUSE_KIND_ATTR)
#define D	BIT(EXTFUSE_KIND_DATA)
#define X	BIT(EXTFUSE_KIND_XATTR)

#define ASK		EXTFUSE_OP_ASK
#define ANSWER		(EXTFUSE_OP_ASK | EXTFUSE_OP_ANSWER)
#define REFUSE		(EXTFUSE_OP_ASK | EXTFUSE_OP_REFUSE)
#define LOOK		(ANSWER | REFUSE | EXTFUSE_OP_REFUSE_REPLY)
#define CHANGE		(REFUSE | EXTFUSE_OP_CHANGES)

/* 0 is no name: so the number of an input is kept with one added. */
#define NAME(input)	((input) + 1)

static u8 setattr_kinds(const struct fuse_args *args)
{
	const struct fuse_setattr_in *in = args->in_args[0].value;
	u8 kinds = A;

	if (in->valid & FATTR_SIZE)
		kinds |= D;
	if (in->valid & (FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_KILL_SUIDGID))
		kinds |= X;
	return kinds;
}

static u8 open_kinds(const struct fuse_args *args)
{
	const struct fuse_open_in *in = args->in_args[0].value;

	return in->flags & O_TRUNC ? A | D : 0;
}

static u8 wrote_kinds(const struct fuse_args *args)
{
	return args->ext.flags & EXTFUSE_ARGS_WROTE ? A | D | X : 0;
}

static u8 release_kinds(const struct fuse_args *args)
{
	const struct fuse_release_in *in = args->in_args[0].value;

	return (in->flags & O_ACCMODE) != O_RDONLY ? A | D | X : 0;
}

/* The caller looks up what is not here in the last row. */
const struct extfuse_opcode extfuse_opcodes[EXTFUSE_OPCODES + 1] = {
	[0 ... EXTFUSE_OPCODES] = { EXTFUSE_OP_ALWAYS_UP | EXTFUSE_OP_CHANGES | EXTFUSE_OP_UNKNOWN },

	[FUSE_LOOKUP]	= { LOOK | EXTFUSE_OP_ENTRY_REPLY },
	[FUSE_GETATTR]	= { LOOK | EXTFUSE_OP_ATTR_REPLY },
	[FUSE_STATX]	= { LOOK | EXTFUSE_OP_STATX_REPLY },
	[FUSE_READLINK]	= { LOOK },
	[FUSE_GETXATTR]	= { LOOK },
	[FUSE_LISTXATTR] = { LOOK },
	[FUSE_ACCESS]	= { LOOK },
	[FUSE_STATFS]	= { LOOK },
	[FUSE_READ]	= { LOOK | EXTFUSE_OP_DATA_REPLY },
	[FUSE_READDIR]	= { LOOK | EXTFUSE_OP_DIR_REPLY },
	[FUSE_READDIRPLUS] = { LOOK | EXTFUSE_OP_DIR_REPLY },
	[FUSE_LSEEK]	= { REFUSE | EXTFUSE_OP_REFUSE_REPLY },
	[FUSE_GETLK]	= { REFUSE | EXTFUSE_OP_REFUSE_REPLY },
	[FUSE_BMAP]	= { REFUSE | EXTFUSE_OP_REFUSE_REPLY },
	[FUSE_POLL]	= { REFUSE },
	[FUSE_SETLK]	= { REFUSE },
	[FUSE_SETLKW]	= { REFUSE },
	[FUSE_FSYNCDIR]	= { REFUSE },
	[FUSE_SYNCFS]	= { REFUSE },
	/* Answered only together with a backing file: see check.c. */
	[FUSE_OPEN]	= { CHANGE | ANSWER | EXTFUSE_OP_REFUSE_REPLY | EXTFUSE_OP_OPEN_REPLY,
			    .kinds_of = open_kinds },
	[FUSE_OPENDIR]	= { LOOK | EXTFUSE_OP_OPEN_REPLY },

	[FUSE_SETATTR]	= { CHANGE | EXTFUSE_OP_ATTR_REPLY, .kinds_of = setattr_kinds },
	[FUSE_WRITE]	= { CHANGE, .kinds = A | D },
	[FUSE_FALLOCATE] = { CHANGE, .kinds = A | D },
	[FUSE_COPY_FILE_RANGE] = { CHANGE, .out_kinds = A | D },
	[FUSE_COPY_FILE_RANGE_64] = { CHANGE, .out_kinds = A | D },
	[FUSE_SETXATTR]	= { CHANGE, .kinds = A | X },
	[FUSE_REMOVEXATTR] = { CHANGE, .kinds = A | X },
	[FUSE_IOCTL]	= { CHANGE, .kinds = A | D | X },
	[FUSE_FSYNC]	= { CHANGE, .kinds_of = wrote_kinds },
	[FUSE_FLUSH]	= { ASK | EXTFUSE_OP_CHANGES | EXTFUSE_OP_ALWAYS_UP,
			    .kinds_of = wrote_kinds },
	[FUSE_RELEASE]	= { ASK | EXTFUSE_OP_CHANGES | EXTFUSE_OP_ALWAYS_UP,
			    .kinds_of = release_kinds },
	[FUSE_RELEASEDIR] = { ASK | EXTFUSE_OP_ALWAYS_UP },

	[FUSE_CREATE]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(1) },
	[FUSE_TMPFILE]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(1) },
	[FUSE_MKNOD]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(1) },
	[FUSE_MKDIR]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(1) },
	[FUSE_SYMLINK]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(0) },
	[FUSE_LINK]	= { CHANGE | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_NEW_NODE,
			    .kinds = A | D, .name = NAME(1), .child_kinds = A | X },
	[FUSE_UNLINK]	= { CHANGE, .kinds = A | D, .name = NAME(0), .child_kinds = A },
	[FUSE_RMDIR]	= { CHANGE, .kinds = A | D, .name = NAME(0), .child_kinds = A },
	[FUSE_RENAME]	= { CHANGE, .kinds = A | D, .name = NAME(1), .name2 = NAME(2), .child_kinds = A },
	[FUSE_RENAME2]	= { CHANGE, .kinds = A | D, .name = NAME(1), .name2 = NAME(2), .child_kinds = A },

	/* Never asked, and nothing that a cache rests on. */
	[FUSE_FORGET]	= { EXTFUSE_OP_ALWAYS_UP },
	[FUSE_BATCH_FORGET] = { EXTFUSE_OP_ALWAYS_UP },
	[FUSE_INIT]	= { EXTFUSE_OP_ALWAYS_UP },
	[FUSE_DESTROY]	= { EXTFUSE_OP_ALWAYS_UP },
	[FUSE_INTERRUPT] = { EXTFUSE_OP_ALWAYS_UP },
	[FUSE_NOTIFY_REPLY] = { EXTFUSE_OP_ALWAYS_UP },
};

/* Errors that the kernel, which asks for itself, takes for "it has none", or for "look at the mode". */
static bool getxattr_error_is_plain(const char *name, int error)
{
	/* Whatever it is, a write goes on, and leaves them. */
	if (!strcmp(name, XATTR_NAME_CAPS))
		return false;
	if (!strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) ||
	    !strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT))
		return error != -ENODATA && error != -EAGAIN;
	return true;
}

/*
 * extfuse_error_is_plain - is @error, to fuse and to the VFS, an error and no more?
 *
 * The list of what is more, of all series together: no program may say it.  What
 * is not in it, though fuse knows it, only sends the caller another way, on which
 * programs are asked again: -EEXIST of what creates drops a negative dentry,
 * -EINTR of LINK and SETATTR what is known of attributes; -EOPNOTSUPP and -EXDEV
 * of COPY_FILE_RANGE make it READ and WRITE; -ESTALE and -ECHILD walk the path again.
 * -ENOSYS is no program's word at all: EXTFUSE_UPCALL.
 */
bool extfuse_error_is_plain(const struct fuse_args *args, int error)
{
	switch (args->opcode) {
	case FUSE_UNLINK:
	case FUSE_RMDIR:
	case FUSE_RENAME:
	case FUSE_RENAME2:
		/* "It may have happened": names are dropped, with what is mounted there. */
		return error != -EINTR && error != -ENOENT;
	case FUSE_SETLK:
	case FUSE_SETLKW:
		/* Is to be restarted, by a signal that there may not be. */
		return error != -EINTR;
	case FUSE_LOOKUP:
		/* Comes again out of distrust, and then for the daemon alone. */
		return error != -ESTALE;
	case FUSE_GETXATTR:
		return getxattr_error_is_plain(extfuse_in(args, 1)->value, error);
	case FUSE_REMOVEXATTR:
		/* A write goes on, and leaves them. */
		return error != -EOPNOTSUPP || strcmp(extfuse_in(args, 0)->value, XATTR_NAME_CAPS);
	}
	return true;
}

/* Dirty pages on their way out: sent under fi->lock, so no program sees them. */
bool extfuse_request_is_writeback(const struct fuse_args *args)
{
	const struct fuse_write_in *in = args->in_args[0].value;

	return args->opcode == FUSE_WRITE &&
	       args->in_args[0].size >= offsetofend(struct fuse_write_in, write_flags) &&
	       in->write_flags & FUSE_WRITE_CACHE;
}
