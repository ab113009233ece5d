// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each opcode carries, and the fields of its structures, by the names of <linux/fuse.h>.  What is
 * padding has no name.  The module has sizes of its own (module/test_args.c), and refuses what differs.
 */
#include "wire.h"

#include <linux/fuse.h>

#define SIZE_OF(type, field)	sizeof(((struct type *)0)->field)
#define F(type, field)		{ #field, offsetof(struct type, field), SIZE_OF(type, field), false, NULL }
#define SIGNED(type, field)	{ #field, offsetof(struct type, field), SIZE_OF(type, field), true, NULL }
#define IN(type, field, fields)	{ #field, offsetof(struct type, field), 0, false, fields }
/* A field of a structure that is all that the other one has. */
#define OF(type, outer, field)	{ #field, offsetof(struct type, outer.field), SIZE_OF(type, outer.field), false, NULL }
#define END			{ 0 }

const struct wire_field wire_attr[] = {
	F(fuse_attr, ino), F(fuse_attr, size), F(fuse_attr, blocks), F(fuse_attr, atime), F(fuse_attr, mtime),
	F(fuse_attr, ctime), F(fuse_attr, atimensec), F(fuse_attr, mtimensec), F(fuse_attr, ctimensec),
	F(fuse_attr, mode), F(fuse_attr, nlink), F(fuse_attr, uid), F(fuse_attr, gid), F(fuse_attr, rdev),
	F(fuse_attr, blksize), F(fuse_attr, flags), END,
};

const struct wire_field wire_entry[] = {
	F(fuse_entry_out, nodeid), F(fuse_entry_out, generation), F(fuse_entry_out, entry_valid),
	F(fuse_entry_out, attr_valid), F(fuse_entry_out, entry_valid_nsec), F(fuse_entry_out, attr_valid_nsec),
	IN(fuse_entry_out, attr, wire_attr), END,
};

const struct wire_field wire_dirent[] = {
	F(fuse_dirent, ino), F(fuse_dirent, off), F(fuse_dirent, type), END,
};

/* Since 7.39; the <linux/fuse.h> that this is built with may be older. */
struct wire_statx_in {
	__u32 getattr_flags, reserved;
	__u64 fh;
	__u32 sx_flags, sx_mask;
};

struct wire_sx_time {
	__s64 tv_sec;
	__u32 tv_nsec;
	__s32 reserved;
};

struct wire_statx {
	__u32 mask, blksize;
	__u64 attributes;
	__u32 nlink, uid, gid;
	__u16 mode, spare0;
	__u64 ino, size, blocks, attributes_mask;
	struct wire_sx_time atime, btime, ctime, mtime;
	__u32 rdev_major, rdev_minor, dev_major, dev_minor;
	__u64 spare2[14];
};

struct wire_statx_out {
	__u64 attr_valid;
	__u32 attr_valid_nsec, flags;
	__u64 spare[2];
	struct wire_statx stat;
};

static const struct wire_field f_statx_in[] = {
	F(wire_statx_in, getattr_flags), F(wire_statx_in, fh), F(wire_statx_in, sx_flags), F(wire_statx_in, sx_mask), END,
};

static const struct wire_field f_sx_time[] = { SIGNED(wire_sx_time, tv_sec), F(wire_sx_time, tv_nsec), END };

static const struct wire_field f_statx[] = {
	F(wire_statx, mask), F(wire_statx, blksize), F(wire_statx, attributes), F(wire_statx, nlink), F(wire_statx, uid),
	F(wire_statx, gid), F(wire_statx, mode), F(wire_statx, ino), F(wire_statx, size), F(wire_statx, blocks),
	F(wire_statx, attributes_mask), IN(wire_statx, atime, f_sx_time), IN(wire_statx, btime, f_sx_time),
	IN(wire_statx, ctime, f_sx_time), IN(wire_statx, mtime, f_sx_time), F(wire_statx, rdev_major),
	F(wire_statx, rdev_minor), F(wire_statx, dev_major), F(wire_statx, dev_minor), END,
};

static const struct wire_field f_statx_out[] = {
	F(wire_statx_out, attr_valid), F(wire_statx_out, attr_valid_nsec), IN(wire_statx_out, stat, f_statx), END,
};

static const struct wire_field f_getattr_in[] = { F(fuse_getattr_in, getattr_flags), F(fuse_getattr_in, fh), END };
static const struct wire_field f_attr_out[] = {
	F(fuse_attr_out, attr_valid), F(fuse_attr_out, attr_valid_nsec), IN(fuse_attr_out, attr, wire_attr), END,
};
static const struct wire_field f_getxattr_in[] = { F(fuse_getxattr_in, size), END };
static const struct wire_field f_getxattr_out[] = { F(fuse_getxattr_out, size), END };
static const struct wire_field f_setxattr_in[] = { F(fuse_setxattr_in, size), F(fuse_setxattr_in, flags), END };
static const struct wire_field f_access_in[] = { F(fuse_access_in, mask), END };
static const struct wire_field f_statfs_out[] = {
	OF(fuse_statfs_out, st, blocks), OF(fuse_statfs_out, st, bfree), OF(fuse_statfs_out, st, bavail),
	OF(fuse_statfs_out, st, files), OF(fuse_statfs_out, st, ffree), OF(fuse_statfs_out, st, bsize),
	OF(fuse_statfs_out, st, namelen), OF(fuse_statfs_out, st, frsize), END,
};
static const struct wire_field f_read_in[] = {
	F(fuse_read_in, fh), F(fuse_read_in, offset), F(fuse_read_in, size), F(fuse_read_in, read_flags),
	F(fuse_read_in, lock_owner), F(fuse_read_in, flags), END,
};
static const struct wire_field f_write_in[] = {
	F(fuse_write_in, fh), F(fuse_write_in, offset), F(fuse_write_in, size), F(fuse_write_in, write_flags),
	F(fuse_write_in, lock_owner), F(fuse_write_in, flags), END,
};
static const struct wire_field f_write_out[] = { F(fuse_write_out, size), END };
static const struct wire_field f_lseek_in[] = { F(fuse_lseek_in, fh), F(fuse_lseek_in, offset), F(fuse_lseek_in, whence), END };
static const struct wire_field f_lseek_out[] = { F(fuse_lseek_out, offset), END };
static const struct wire_field f_lock[] = {
	F(fuse_file_lock, start), F(fuse_file_lock, end), F(fuse_file_lock, type), F(fuse_file_lock, pid), END,
};
static const struct wire_field f_lk_in[] = {
	F(fuse_lk_in, fh), F(fuse_lk_in, owner), IN(fuse_lk_in, lk, f_lock), F(fuse_lk_in, lk_flags), END,
};
static const struct wire_field f_lk_out[] = { IN(fuse_lk_out, lk, f_lock), END };
static const struct wire_field f_bmap_in[] = { F(fuse_bmap_in, block), F(fuse_bmap_in, blocksize), END };
static const struct wire_field f_bmap_out[] = { F(fuse_bmap_out, block), END };
static const struct wire_field f_poll_in[] = {
	F(fuse_poll_in, fh), F(fuse_poll_in, kh), F(fuse_poll_in, flags), F(fuse_poll_in, events), END,
};
static const struct wire_field f_poll_out[] = { F(fuse_poll_out, revents), END };
static const struct wire_field f_fsync_in[] = { F(fuse_fsync_in, fh), F(fuse_fsync_in, fsync_flags), END };
static const struct wire_field f_syncfs_in[] = { END };
static const struct wire_field f_open_in[] = { F(fuse_open_in, flags), F(fuse_open_in, open_flags), END };
static const struct wire_field f_open_out[] = { F(fuse_open_out, fh), F(fuse_open_out, open_flags), END };
static const struct wire_field f_setattr_in[] = {
	F(fuse_setattr_in, valid), F(fuse_setattr_in, fh), F(fuse_setattr_in, size), F(fuse_setattr_in, lock_owner),
	F(fuse_setattr_in, atime), F(fuse_setattr_in, mtime), F(fuse_setattr_in, ctime), F(fuse_setattr_in, atimensec),
	F(fuse_setattr_in, mtimensec), F(fuse_setattr_in, ctimensec), F(fuse_setattr_in, mode), F(fuse_setattr_in, uid),
	F(fuse_setattr_in, gid), END,
};
static const struct wire_field f_fallocate_in[] = {
	F(fuse_fallocate_in, fh), F(fuse_fallocate_in, offset), F(fuse_fallocate_in, length), F(fuse_fallocate_in, mode), END,
};
static const struct wire_field f_copy_in[] = {
	F(fuse_copy_file_range_in, fh_in), F(fuse_copy_file_range_in, off_in), F(fuse_copy_file_range_in, nodeid_out),
	F(fuse_copy_file_range_in, fh_out), F(fuse_copy_file_range_in, off_out), F(fuse_copy_file_range_in, len),
	F(fuse_copy_file_range_in, flags), END,
};
static const struct wire_field f_copy64_out[] = { { "bytes_copied", 0, sizeof(__u64), false, NULL }, END };
static const struct wire_field f_ioctl_in[] = {
	F(fuse_ioctl_in, fh), F(fuse_ioctl_in, flags), F(fuse_ioctl_in, cmd), F(fuse_ioctl_in, arg),
	F(fuse_ioctl_in, in_size), F(fuse_ioctl_in, out_size), END,
};
static const struct wire_field f_ioctl_out[] = {
	SIGNED(fuse_ioctl_out, result), F(fuse_ioctl_out, flags), F(fuse_ioctl_out, in_iovs), F(fuse_ioctl_out, out_iovs), END,
};
static const struct wire_field f_flush_in[] = { F(fuse_flush_in, fh), F(fuse_flush_in, lock_owner), END };
static const struct wire_field f_release_in[] = {
	F(fuse_release_in, fh), F(fuse_release_in, flags), F(fuse_release_in, release_flags), F(fuse_release_in, lock_owner), END,
};
static const struct wire_field f_create_in[] = {
	F(fuse_create_in, flags), F(fuse_create_in, mode), F(fuse_create_in, umask), F(fuse_create_in, open_flags), END,
};
static const struct wire_field f_mknod_in[] = { F(fuse_mknod_in, mode), F(fuse_mknod_in, rdev), F(fuse_mknod_in, umask), END };
static const struct wire_field f_mkdir_in[] = { F(fuse_mkdir_in, mode), F(fuse_mkdir_in, umask), END };
static const struct wire_field f_link_in[] = { F(fuse_link_in, oldnodeid), END };
static const struct wire_field f_rename_in[] = { F(fuse_rename_in, newdir), END };
static const struct wire_field f_rename2_in[] = { F(fuse_rename2_in, newdir), F(fuse_rename2_in, flags), END };

#define SIZED(fields, bytes)	{ WIRE_STRUCT, NULL, fields, bytes }
#define S(type)			SIZED(f_##type, sizeof(struct fuse_##type))
#define ENTRY			SIZED(wire_entry, sizeof(struct fuse_entry_out))
#define NAME			TEXT("name")
#define TEXT(key)		{ WIRE_TEXT, key, NULL, 0 }
#define BYTES(key)		{ WIRE_BYTES, key, NULL, 0 }

const struct wire_part wire_size_only[] = { S(getxattr_out), END };

static const struct wire_opcode opcodes[EXTFUSE_OPCODES] = {
	[FUSE_LOOKUP]	= { { NAME }, { ENTRY } },
	[FUSE_GETATTR]	= { { S(getattr_in) }, { S(attr_out) } },
	[FUSE_READLINK]	= { { END }, { BYTES("target") } },
	[FUSE_GETXATTR]	= { { S(getxattr_in), NAME }, { BYTES("value") } },
	[FUSE_LISTXATTR] = { { S(getxattr_in) }, { { WIRE_NAMES, "names", NULL, 0 } } },
	[FUSE_ACCESS]	= { { S(access_in) }, { END } },
	[FUSE_STATFS]	= { { END }, { S(statfs_out) } },
	[FUSE_READ]	= { { S(read_in) }, { BYTES("data") } },
	[FUSE_READDIR]	= { { S(read_in) }, { { WIRE_LISTING, "entries", NULL, 0 } } },
	[FUSE_READDIRPLUS] = { { S(read_in) }, { { WIRE_LISTING_PLUS, "entries", NULL, 0 } } },
	[FUSE_LSEEK]	= { { S(lseek_in) }, { S(lseek_out) } },
	[FUSE_GETLK]	= { { S(lk_in) }, { S(lk_out) } },
	[FUSE_SETLK]	= { { S(lk_in) }, { END } },
	[FUSE_SETLKW]	= { { S(lk_in) }, { END } },
	[FUSE_BMAP]	= { { S(bmap_in) }, { S(bmap_out) } },
	[FUSE_POLL]	= { { S(poll_in) }, { S(poll_out) } },
	[FUSE_FSYNC]	= { { S(fsync_in) }, { END } },
	[FUSE_FSYNCDIR]	= { { S(fsync_in) }, { END } },
	[FUSE_SYNCFS]	= { { S(syncfs_in) }, { END } },
	[FUSE_OPEN]	= { { S(open_in) }, { S(open_out) } },
	[FUSE_OPENDIR]	= { { S(open_in) }, { S(open_out) } },
	[FUSE_SETATTR]	= { { S(setattr_in) }, { S(attr_out) } },
	[FUSE_WRITE]	= { { S(write_in), BYTES("data") }, { S(write_out) } },
	[FUSE_FALLOCATE] = { { S(fallocate_in) }, { END } },
	[FUSE_COPY_FILE_RANGE] = { { SIZED(f_copy_in, sizeof(struct fuse_copy_file_range_in)) }, { S(write_out) } },
	[FUSE_SETXATTR]	= { { SIZED(f_setxattr_in, FUSE_COMPAT_SETXATTR_IN_SIZE), NAME, BYTES("value") }, { END } },
	[FUSE_REMOVEXATTR] = { { NAME }, { END } },
	[FUSE_IOCTL]	= { { S(ioctl_in), BYTES("data") }, { S(ioctl_out), BYTES("data") } },
	[FUSE_FLUSH]	= { { S(flush_in) }, { END } },
	[FUSE_RELEASE]	= { { S(release_in) }, { END } },
	[FUSE_RELEASEDIR] = { { S(release_in) }, { END } },
	[FUSE_CREATE]	= { { S(create_in), NAME }, { ENTRY, S(open_out) } },
	[FUSE_MKNOD]	= { { S(mknod_in), NAME }, { ENTRY } },
	[FUSE_MKDIR]	= { { S(mkdir_in), NAME }, { ENTRY } },
	[FUSE_SYMLINK]	= { { NAME, TEXT("target") }, { ENTRY } },
	[FUSE_LINK]	= { { S(link_in), NAME }, { ENTRY } },
	[FUSE_UNLINK]	= { { NAME }, { END } },
	[FUSE_RMDIR]	= { { NAME }, { END } },
	[FUSE_RENAME]	= { { S(rename_in), NAME, TEXT("newname") }, { END } },
	[FUSE_RENAME2]	= { { S(rename2_in), NAME, TEXT("newname") }, { END } },
	/* By number, as in libextfuse: TMPFILE, STATX, COPY_FILE_RANGE_64. */
	[51]		= { { S(create_in), NAME }, { ENTRY, S(open_out) } },
	[52]		= { { SIZED(f_statx_in, sizeof(struct wire_statx_in)) }, { SIZED(f_statx_out, sizeof(struct wire_statx_out)) } },
	[53]		= { { SIZED(f_copy_in, sizeof(struct fuse_copy_file_range_in)) }, { SIZED(f_copy64_out, sizeof(__u64)) } },
};

const struct wire_opcode *wire_opcode_get(unsigned int opcode)
{
	if (opcode >= EXTFUSE_OPCODES || (!opcodes[opcode].in[0].kind && !opcodes[opcode].out[0].kind))
		return NULL;
	return &opcodes[opcode];
}
