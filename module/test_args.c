// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request that somebody has written, cut into the arguments that the fork's call sites
 * would have filled.  Whoever looks at args rests on what those always give: structures are
 * whole, names end in a NUL, outputs have their memory.  Here it is made so, or refused.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "test_world.h"
#include "compat/statx.h"

/* Instead of a size: text with its NUL; bytes, as many as there are; as many as the program gives. */
#define NAME	0xffff
#define DATA	0xfffe
#define ROOM	0xfffd

#define OF(type)	sizeof(struct type)

/* What an opcode carries, in the order of protocol 7.31; 0 ends it. */
struct shape {
	u16 in[3];
	u16 out[2];
};

static const struct shape shapes[EXTFUSE_OPCODES] = {
	[FUSE_LOOKUP]	= { { NAME }, { OF(fuse_entry_out) } },
	[FUSE_GETATTR]	= { { OF(fuse_getattr_in) }, { OF(fuse_attr_out) } },
	[FUSE_STATX]	= { { EXTFUSE_STATX_IN_SIZE }, { EXTFUSE_STATX_OUT_SIZE } },
	[FUSE_READLINK]	= { { }, { ROOM } },
	[FUSE_GETXATTR]	= { { OF(fuse_getxattr_in), NAME }, { ROOM } },
	[FUSE_LISTXATTR] = { { OF(fuse_getxattr_in) }, { ROOM } },
	[FUSE_ACCESS]	= { { OF(fuse_access_in) } },
	[FUSE_STATFS]	= { { }, { OF(fuse_statfs_out) } },
	[FUSE_READ]	= { { OF(fuse_read_in) }, { ROOM } },
	[FUSE_READDIR]	= { { OF(fuse_read_in) }, { ROOM } },
	[FUSE_READDIRPLUS] = { { OF(fuse_read_in) }, { ROOM } },
	[FUSE_LSEEK]	= { { OF(fuse_lseek_in) }, { OF(fuse_lseek_out) } },
	[FUSE_GETLK]	= { { OF(fuse_lk_in) }, { OF(fuse_lk_out) } },
	[FUSE_BMAP]	= { { OF(fuse_bmap_in) }, { OF(fuse_bmap_out) } },
	[FUSE_POLL]	= { { OF(fuse_poll_in) }, { OF(fuse_poll_out) } },
	[FUSE_SETLK]	= { { OF(fuse_lk_in) } },
	[FUSE_SETLKW]	= { { OF(fuse_lk_in) } },
	[FUSE_FSYNCDIR]	= { { OF(fuse_fsync_in) } },
	[FUSE_SYNCFS]	= { { OF(fuse_syncfs_in) } },
	[FUSE_OPEN]	= { { OF(fuse_open_in) }, { OF(fuse_open_out) } },
	[FUSE_OPENDIR]	= { { OF(fuse_open_in) }, { OF(fuse_open_out) } },
	[FUSE_SETATTR]	= { { OF(fuse_setattr_in) }, { OF(fuse_attr_out) } },
	[FUSE_WRITE]	= { { OF(fuse_write_in), DATA }, { OF(fuse_write_out) } },
	[FUSE_FALLOCATE] = { { OF(fuse_fallocate_in) } },
	[FUSE_COPY_FILE_RANGE] = { { OF(fuse_copy_file_range_in) }, { OF(fuse_write_out) } },
	[FUSE_COPY_FILE_RANGE_64] = { { OF(fuse_copy_file_range_in) }, { sizeof(u64) } },
	[FUSE_SETXATTR]	= { { FUSE_COMPAT_SETXATTR_IN_SIZE, NAME, DATA } },
	[FUSE_REMOVEXATTR] = { { NAME } },
	[FUSE_IOCTL]	= { { OF(fuse_ioctl_in), DATA }, { OF(fuse_ioctl_out), ROOM } },
	[FUSE_FSYNC]	= { { OF(fuse_fsync_in) } },
	[FUSE_FLUSH]	= { { OF(fuse_flush_in) } },
	[FUSE_RELEASE]	= { { OF(fuse_release_in) } },
	[FUSE_RELEASEDIR] = { { OF(fuse_release_in) } },
	[FUSE_CREATE]	= { { OF(fuse_create_in), NAME }, { OF(fuse_entry_out), OF(fuse_open_out) } },
	[FUSE_TMPFILE]	= { { OF(fuse_create_in), NAME }, { OF(fuse_entry_out), OF(fuse_open_out) } },
	[FUSE_MKNOD]	= { { OF(fuse_mknod_in), NAME }, { OF(fuse_entry_out) } },
	[FUSE_MKDIR]	= { { OF(fuse_mkdir_in), NAME }, { OF(fuse_entry_out) } },
	[FUSE_SYMLINK]	= { { NAME, NAME }, { OF(fuse_entry_out) } },
	[FUSE_LINK]	= { { OF(fuse_link_in), NAME }, { OF(fuse_entry_out) } },
	[FUSE_UNLINK]	= { { NAME } },
	[FUSE_RMDIR]	= { { NAME } },
	[FUSE_RENAME]	= { { OF(fuse_rename_in), NAME, NAME } },
	[FUSE_RENAME2]	= { { OF(fuse_rename2_in), NAME, NAME } },
};

/* How many bytes of @body are an input of this form; negative: it is none. */
static ssize_t input_size(u16 form, const char *body, size_t left)
{
	size_t len;

	switch (form) {
	case NAME:
		len = strnlen(body, left);
		return len == left || len >= PATH_MAX ? -EINVAL : (ssize_t)len + 1;
	case DATA:
		return left;
	default:
		return form > left ? -EINVAL : form;
	}
}

static int inputs_fill(struct fuse_args *args, const struct shape *shape, const char *body, size_t left)
{
	unsigned int i;
	ssize_t size;

	for (i = 0; i < ARRAY_SIZE(shape->in) && shape->in[i]; i++) {
		size = input_size(shape->in[i], body, left);
		if (size < 0)
			return size;
		args->in_args[i].value = body;
		args->in_args[i].size = size;
		body += size;
		left -= size;
	}
	args->in_numargs = i;
	return left ? -EINVAL : 0;
}

/* An attribute's size, or that of the list, is asked for: then the answer has a form. */
static bool asks_size(const struct fuse_args *args)
{
	const struct fuse_getxattr_in *in = args->in_args[0].value;

	return (args->opcode == FUSE_GETXATTR || args->opcode == FUSE_LISTXATTR) && !in->size;
}

static int outputs_fill(struct fuse_args *args, const struct shape *shape, void *out, size_t left, bool reply)
{
	bool fixed = asks_size(args);
	unsigned int i;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(shape->out) && shape->out[i]; i++) {
		args->out_argvar = shape->out[i] == ROOM && !fixed;
		if (args->out_argvar)
			size = left;
		else
			size = fixed ? sizeof(struct fuse_getxattr_out) : shape->out[i];
		if (size > left)
			return -EINVAL;
		args->out_args[i].value = out;
		args->out_args[i].size = size;
		out += size;
		left -= size;
	}
	args->out_numargs = i;
	return reply && left ? -EINVAL : 0;
}

static bool header_is_whole(const struct fuse_in_header *head, u32 size)
{
	/* The last four bytes are the size of extensions, and what is reserved. */
	const u8 *end = (const u8 *)(head + 1) - sizeof(u32);

	return head->len == size && !memchr_inv(end, 0, sizeof(u32));
}

/*
 * extfuse_test_args - the args of the request that is in the world's memory
 *
 * -EOPNOTSUPP: no program is ever asked about such a one; -EINVAL: it is none.
 */
int extfuse_test_args(struct extfuse_test_world *w, const struct extfuse_ioc_test *arg)
{
	const struct fuse_in_header *head = w->in;
	bool reply = arg->phase == EXTFUSE_PHASE_REPLY;
	struct fuse_args *args = &w->args;
	const struct shape *shape;
	int err;

	if (!header_is_whole(head, arg->in_size))
		return -EINVAL;
	if (head->opcode >= EXTFUSE_OPCODES || !(extfuse_opcode_get(head->opcode)->flags & EXTFUSE_OP_ASK))
		return -EOPNOTSUPP;
	shape = &shapes[head->opcode];
	args->opcode = head->opcode;
	args->nodeid = head->nodeid;
	/* Only STATX, where the kernel has none, has nothing on both sides. */
	if (!shape->in[0] && !shape->out[0])
		return -EOPNOTSUPP;
	err = inputs_fill(args, shape, (const char *)(head + 1), arg->in_size - sizeof(*head));
	/* An error has no outputs; a program that looks finds their room. */
	if (!err)
		err = outputs_fill(args, shape, w->out, reply && arg->error ? EXTFUSE_TEST_MAX : arg->out_size,
				   reply && !arg->error);
	if (err)
		return err;
	/* In one piece already: see extfuse_out_map(). */
	args->ext.out = w->out;
	args->ext.uid = head->uid;
	args->ext.gid = head->gid;
	args->ext.pid = head->pid;
	args->ext.caller_known = true;
	return 0;
}
