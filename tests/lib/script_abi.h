/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests/bpf/script.bpf.c and its user in tests/lib/script.c share: rules that say what the programs do with the
 * requests of an opcode, and records of what they saw.
 */
#ifndef SCRIPT_ABI_H
#define SCRIPT_ABI_H

#include <linux/types.h>
#include <linux/extfuse.h>

#define SCRIPT_FRESH		4
#define SCRIPT_PATCHES		8
#define SCRIPT_NAME		32
#define SCRIPT_OUT		4096
#define SCRIPT_IN_ROOM		512
#define SCRIPT_OUT_ROOM		512	/* STATX: 288 */
#define SCRIPT_INDEX(phase, opcode)	((phase) * EXTFUSE_OPCODES + (opcode))

/* script_rule.write */
#define SCRIPT_WRITE_NO		0
#define SCRIPT_WRITE_OUT	1	/* the bytes given with the rule, to OUT_PARAM_0 */
#define SCRIPT_WRITE_PATCH	2	/* what is in OUT_PARAM_0 (reply phase), patched */

struct script_fresh {
	__u64 nodeid;		/* 0: the request's */
	__u32 kind;
	__s32 result;		/* out */
	__u64 stamp;		/* 0: the request's own */
};

struct script_patch {
	__u32 offset;
	__u32 size;		/* 4 or 8; 0 ends the list */
	__u64 value;
};

/* What a program does with the requests that match; all others are left alone. */
struct script_rule {
	__u32 on;
	__s32 verdict;
	__u64 nodeid;		/* 0: any */
	__u32 name_arg;		/* enum extfuse_arg that begins with a name, 0: any name */
	__u32 name_offset;	/* where in it */
	__u32 name_len;		/* bytes compared; with the NUL: the whole name */
	char name[SCRIPT_NAME];
	__u32 skip;		/* requests that match and are left alone first */
	__u32 times;		/* then so many are done, 0: all */
	__u32 write;
	__u32 out_size;
	__u32 first_size;	/* SCRIPT_WRITE_OUT: so many bytes are written before, 0: none */
	__u32 reserved;
	__u32 nfresh;
	struct script_fresh fresh[SCRIPT_FRESH];
	struct script_patch patch[SCRIPT_PATCHES];
	__u64 cookie;		/* request phase: set cookie[0] to it; 0: leave */
	/* out */
	__u64 matched;
	__u64 done;
	__s32 write_result;
	__s32 read_result;
};

/* A request as a program saw it: what each selector said of it. */
struct script_event {
	struct extfuse_req req;
	__u32 opcode;
	__u32 num_in, num_out;
	__u32 size[3];		/* IN_PARAM_n_SIZE */
	__s32 size_result[3];
	__s32 in_result[3];	/* IN_PARAM_n_VALUE */
	__s32 out_result[2];
	__s32 ext_result;
	__u32 ext_size;
	__u32 reserved;
	__u64 nodeid;
	__u8 in[3][SCRIPT_IN_ROOM];
	__u8 out[2][SCRIPT_OUT_ROOM];
	__u8 ext[SCRIPT_OUT_ROOM];
};

#endif
