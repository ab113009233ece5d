/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of opcodes, see opcode.c: what may happen to a request of each, and what it changes.
 */
#ifndef _EXTFUSE_OPCODE_H
#define _EXTFUSE_OPCODE_H

#include <linux/extfuse.h>

#define EXTFUSE_OP_ASK		0x0001	/* programs are asked */
#define EXTFUSE_OP_ANSWER	0x0002	/* verdict 0 may stand */
#define EXTFUSE_OP_REFUSE	0x0004	/* verdict -E may stand */
#define EXTFUSE_OP_REFUSE_REPLY	0x0008	/* a reply program may return -E */
#define EXTFUSE_OP_CHANGES	0x0010	/* moves slots */
#define EXTFUSE_OP_ATTR_REPLY	0x0020	/* output 0 is struct fuse_attr_out */
#define EXTFUSE_OP_ENTRY_REPLY	0x0040	/* output 0 is struct fuse_entry_out */
#define EXTFUSE_OP_DIR_REPLY	0x0080	/* output is a buffer of entries */
#define EXTFUSE_OP_OPEN_REPLY	0x0100	/* output carries a handle */
#define EXTFUSE_OP_NEW_NODE	0x0200	/* the reply's node may be new */
#define EXTFUSE_OP_ALWAYS_UP	0x0400	/* reaches the daemon even FAIL_CLOSED */
#define EXTFUSE_OP_UNKNOWN	0x0800	/* not in the table */
#define EXTFUSE_OP_STATX_REPLY	0x1000	/* output 0 is struct fuse_statx_out */
#define EXTFUSE_OP_DATA_REPLY	0x2000	/* output is data, which is cached */

/* The kernel itself looks at the reply, program or not. */
#define EXTFUSE_OP_LEARN	(EXTFUSE_OP_ATTR_REPLY | EXTFUSE_OP_ENTRY_REPLY | \
				 EXTFUSE_OP_DIR_REPLY | EXTFUSE_OP_STATX_REPLY | \
				 EXTFUSE_OP_DATA_REPLY)

struct extfuse_opcode {
	u16 flags;
	u8 kinds;		/* bit kind: moved on the request's node */
	u8 (*kinds_of)(const struct fuse_args *args);	/* ... where it depends */
	u8 name;		/* 1 + input that is a name in the request's node */
	u8 name2;		/* 1 + input that is a name in rename's new directory */
	u8 child_kinds;		/* moved on child[] */
	u8 out_kinds;		/* moved on COPY_FILE_RANGE's output */
};

extern const struct extfuse_opcode extfuse_opcodes[EXTFUSE_OPCODES + 1];

static inline const struct extfuse_opcode *extfuse_opcode_get(u32 opcode)
{
	return &extfuse_opcodes[min_t(u32, opcode, EXTFUSE_OPCODES)];
}

bool extfuse_error_is_plain(const struct fuse_args *args, int error);
bool extfuse_request_is_writeback(const struct fuse_args *args);

/* One that takes, or waits for, a lock; or one that lets go of it. */
static inline bool extfuse_request_is_setlk(const struct fuse_args *args)
{
	return args->opcode == FUSE_SETLK || args->opcode == FUSE_SETLKW;
}

static inline bool extfuse_request_is_unlock(const struct fuse_args *args)
{
	const struct fuse_lk_in *in = args->in_args[0].value;

	return extfuse_request_is_setlk(args) && in->lk.type == F_UNLCK;
}

static inline bool extfuse_request_is_lock(const struct fuse_args *args)
{
	return extfuse_request_is_setlk(args) && !extfuse_request_is_unlock(args);
}

#endif /* _EXTFUSE_OPCODE_H */
