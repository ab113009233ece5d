// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: each error that the kfuncs can give, and each selector, out of the
 * program of one opcode. Results lie in a map by number; tests/cases/kfunc
 * has the table of what they must be. Calls that the verifier of some kernel
 * refuses have an object of their own.
 */
#include "kfunc_results.h"

struct bytes {
	__u8 b[KFUNC_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bytes);
} big SEC(".maps");

/* What the case wants the program to do this time. */
volatile __u32 todo;

/* Numbers want exactly their size. */
static __always_inline void number(struct extfuse_req *req, __u32 at, __u32 type)
{
	__u64 value[2] = {};

	result(at + KFUNC_OK, bpf_extfuse_read_args(req, type, value, 4));
	result(at + KFUNC_VALUE, (__u32)value[0]);
	result(at + KFUNC_SMALL, bpf_extfuse_read_args(req, type, value, 3));
	result(at + KFUNC_LARGE, bpf_extfuse_read_args(req, type, value, 5));
	result(at + KFUNC_LARGER, bpf_extfuse_read_args(req, type, value, 16));
}

static __noinline int numbers(struct extfuse_req *req)
{
	__u64 value[2] = {};

	number(req, KFUNC_OPCODE, OPCODE);
	number(req, KFUNC_NUM_IN, NUM_IN_ARGS);
	number(req, KFUNC_NUM_OUT, NUM_OUT_ARGS);
	number(req, KFUNC_IN_0_SIZE, IN_PARAM_0_SIZE);
	number(req, KFUNC_IN_1_SIZE, IN_PARAM_1_SIZE);
	number(req, KFUNC_IN_2_SIZE, IN_PARAM_2_SIZE);
	number(req, KFUNC_EXT_SIZE, IN_EXT_SIZE);
	result(KFUNC_NODEID + KFUNC_OK, bpf_extfuse_read_args(req, NODEID, value, 8));
	result(KFUNC_NODEID + KFUNC_VALUE, value[0]);
	result(KFUNC_NODEID + KFUNC_SMALL, bpf_extfuse_read_args(req, NODEID, value, 4));
	result(KFUNC_NODEID + KFUNC_LARGE, bpf_extfuse_read_args(req, NODEID, value, 9));
	result(KFUNC_NODEID + KFUNC_LARGER, bpf_extfuse_read_args(req, NODEID, value, 16));
	return 0;
}

/* Values want at least theirs: here of GETXATTR, 8 bytes and the name "user.k". */
static __noinline int values(struct extfuse_req *req)
{
	__u8 b[32] = {};

	result(KFUNC_IN_0 + KFUNC_OK, bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, b, 8));
	result(KFUNC_IN_0 + KFUNC_VALUE, *(__u32 *)b);
	result(KFUNC_IN_0 + KFUNC_SMALL, bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, b, 7));
	result(KFUNC_IN_0 + KFUNC_LARGE, bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, b, 9));
	result(KFUNC_IN_0 + KFUNC_LARGER, bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, b, 32));
	result(KFUNC_IN_1 + KFUNC_OK, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, b, 7));
	result(KFUNC_IN_1 + KFUNC_VALUE, b[0] << 24 | b[4] << 16 | b[5] << 8 | b[6]);
	result(KFUNC_IN_1 + KFUNC_SMALL, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, b, 6));
	result(KFUNC_IN_1 + KFUNC_LARGER, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, b, 32));
	result(KFUNC_IN_2, bpf_extfuse_read_args(req, IN_PARAM_2_VALUE, b, 32));
	result(KFUNC_EXT, bpf_extfuse_read_args(req, IN_EXT_VALUE, b, 32));
	result(KFUNC_UNKNOWN_0, bpf_extfuse_read_args(req, __EXTFUSE_ARG_MAX, b, 32));
	result(KFUNC_UNKNOWN_1, bpf_extfuse_read_args(req, 0xffffffff, b, 4));
	return 0;
}

/* Outputs: not there, too large, some, more; GETXATTR with room for 64 bytes. */
static __noinline int outputs(struct extfuse_req *req)
{
	struct bytes *m;
	__u8 b[100] = {};
	__u32 zero = 0;

	result(KFUNC_OUT_BEFORE, bpf_extfuse_read_args(req, OUT_PARAM_0, b, sizeof(b)));
	result(KFUNC_OUT_1, bpf_extfuse_read_args(req, OUT_PARAM_1, b, sizeof(b)));
	result(KFUNC_WRITE_1, bpf_extfuse_write_args(req, OUT_PARAM_1, b, 4));
	result(KFUNC_WRITE_IN, bpf_extfuse_write_args(req, IN_PARAM_0_VALUE, b, 8));
	result(KFUNC_WRITE_OPCODE, bpf_extfuse_write_args(req, OPCODE, b, 4));
	result(KFUNC_WRITE_UNKNOWN, bpf_extfuse_write_args(req, 12345, b, 4));
	result(KFUNC_WRITE_LARGE, bpf_extfuse_write_args(req, OUT_PARAM_0, b, 65));
	result(KFUNC_OUT_STILL, bpf_extfuse_read_args(req, OUT_PARAM_0, b, sizeof(b)));
	b[0] = 'p';
	b[1] = 'q';
	b[63] = 'z';
	result(KFUNC_WRITE_FULL, bpf_extfuse_write_args(req, OUT_PARAM_0, b, 64));
	result(KFUNC_WRITE_SHORT, bpf_extfuse_write_args(req, OUT_PARAM_0, b, 2));
	b[0] = b[1] = 0;
	result(KFUNC_OUT_SMALL, bpf_extfuse_read_args(req, OUT_PARAM_0, b, 1));
	result(KFUNC_OUT_AFTER, bpf_extfuse_read_args(req, OUT_PARAM_0, b, 2));
	result(KFUNC_OUT_VALUE, b[0] << 8 | b[1]);
	m = bpf_map_lookup_elem(&big, &zero);
	if (m)
		result(KFUNC_OUT_MAP, bpf_extfuse_read_args(req, OUT_PARAM_0, m->b, sizeof(m->b)));
	return 0;
}

/* A fixed output wants exactly its size: GETATTR. */
static __noinline int fixed(struct extfuse_req *req)
{
	__u8 b[128] = {};

	result(KFUNC_FIXED_SMALL, bpf_extfuse_write_args(req, OUT_PARAM_0, b, sizeof(struct fuse_attr_out) - 1));
	result(KFUNC_FIXED_LARGE, bpf_extfuse_write_args(req, OUT_PARAM_0, b, sizeof(struct fuse_attr_out) + 1));
	result(KFUNC_FIXED_UNWRITTEN, bpf_extfuse_read_args(req, OUT_PARAM_0, b, sizeof(b)));
	result(KFUNC_FIXED_OK, bpf_extfuse_write_args(req, OUT_PARAM_0, b, sizeof(struct fuse_attr_out)));
	result(KFUNC_FIXED_READ, bpf_extfuse_read_args(req, OUT_PARAM_0, b, sizeof(b)));
	return 0;
}

static __noinline int fresh(struct extfuse_req *req)
{
	result(KFUNC_FRESH_KIND, bpf_extfuse_fresh(req, req->nodeid, __EXTFUSE_KIND_MAX, req->stamp));
	result(KFUNC_FRESH_NAME, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_NAME, req->stamp));
	result(KFUNC_FRESH_OLD, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, 0));
	result(KFUNC_FRESH_1, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, req->stamp));
	result(KFUNC_FRESH_2, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_DATA, req->stamp));
	result(KFUNC_FRESH_3, bpf_extfuse_fresh(req, 12345, EXTFUSE_KIND_XATTR, req->stamp));
	result(KFUNC_FRESH_4, bpf_extfuse_fresh(req, 0, EXTFUSE_KIND_CONN, req->stamp));
	result(KFUNC_FRESH_5, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, req->stamp));
	return 0;
}

/* A callback gets at the context by what it is given. */
struct loop {
	struct extfuse_req *req;
	__s64 ok;
};

static long looped(__u32 i, struct loop *loop)
{
	__u32 opcode = 0;

	(void)i;
	if (!bpf_extfuse_read_args(loop->req, OPCODE, &opcode, sizeof(opcode)))
		loop->ok += opcode;
	return 0;
}

EXTFUSE_REQUEST(getxattr)
{
	struct loop loop = { .req = req };

	numbers(req);
	values(req);
	if (todo == KFUNC_DO_LOOP) {
		bpf_loop(10, looped, &loop, 0);
		result(KFUNC_LOOP, loop.ok);
	}
	outputs(req);
	fresh(req);
	return todo == KFUNC_DO_ANSWER ? 0 : EXTFUSE_UPCALL;
}

EXTFUSE_REQUEST(getattr)
{
	fixed(req);
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY(getxattr)
{
	__u8 b[64] = {};

	result(KFUNC_REPLY_READ, bpf_extfuse_read_args(req, OUT_PARAM_0, b, sizeof(b)));
	result(KFUNC_REPLY_VALUE, b[0] << 8 | b[1]);
	result(KFUNC_REPLY_WRITE, bpf_extfuse_write_args(req, OUT_PARAM_0, b, 2));
	result(KFUNC_REPLY_FRESH, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_ATTR, req->stamp));
	result(KFUNC_REPLY_ERROR, req->error);
	return EXTFUSE_KEEP;
}

EXTFUSE_REPLY(getattr)
{
	__u8 b[128] = {};

	result(KFUNC_REPLY_ATTR_1, bpf_extfuse_write_args(req, OUT_PARAM_1, b, 4));
	result(KFUNC_REPLY_ATTR_SMALL, bpf_extfuse_write_args(req, OUT_PARAM_0, b, 8));
	result(KFUNC_REPLY_ATTR_LARGE, bpf_extfuse_write_args(req, OUT_PARAM_0, b, sizeof(b)));
	return EXTFUSE_KEEP;
}

/* Data in pages, and their sizes: 12,000 bytes of WRITE, the outputs of READ. */
EXTFUSE_REQUEST(write)
{
	__u32 i, zero = 0, size = 0;
	struct bytes *m = bpf_map_lookup_elem(&big, &zero);
	__u64 sum = 0;

	if (!m)
		return EXTFUSE_UPCALL;
	result(KFUNC_WRITE_SIZE, (__s64)bpf_extfuse_read_args(req, IN_PARAM_1_SIZE, &size, sizeof(size)) ?: size);
	result(KFUNC_WRITE_SMALL, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, m->b, 11999));
	result(KFUNC_WRITE_DATA, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, m->b, sizeof(m->b)));
	for (i = 0; i < 12000; i++)
		sum = sum * 31 + m->b[i];
	result(KFUNC_WRITE_SUM, sum);
	return EXTFUSE_UPCALL;
}

EXTFUSE_REQUEST(ioctl)
{
	__u32 zero = 0, size = 0;
	struct bytes *m = bpf_map_lookup_elem(&big, &zero);

	if (!m)
		return EXTFUSE_UPCALL;
	result(KFUNC_IOCTL_SIZE, (__s64)bpf_extfuse_read_args(req, IN_PARAM_1_SIZE, &size, sizeof(size)) ?: size);
	result(KFUNC_IOCTL_DATA, bpf_extfuse_read_args(req, IN_PARAM_1_VALUE, m->b, sizeof(m->b)));
	result(KFUNC_IOCTL_VALUE, m->b[0] << 8 | m->b[1]);
	return EXTFUSE_UPCALL;
}

/* Answered with three pages out of a map. */
EXTFUSE_REQUEST(read)
{
	__u32 i, zero = 0;
	struct bytes *m = bpf_map_lookup_elem(&big, &zero);

	if (!m || todo != KFUNC_DO_ANSWER)
		return EXTFUSE_UPCALL;
	for (i = 0; i < 12000; i++)
		m->b[i] = i % 251;
	result(KFUNC_READ_WRITE, bpf_extfuse_write_args(req, OUT_PARAM_0, m->b, 12000));
	for (i = 0; i < 12000; i++)
		m->b[i] = 0;
	result(KFUNC_READ_BACK, bpf_extfuse_read_args(req, OUT_PARAM_0, m->b, sizeof(m->b)));
	result(KFUNC_READ_BYTE, m->b[11999]);
	result(KFUNC_READ_FRESH, bpf_extfuse_fresh(req, req->nodeid, EXTFUSE_KIND_DATA, req->stamp));
	return 0;
}

EXTFUSE_REQUEST(mkdir)
{
	__u8 b[64] = {};
	__u32 size = 0;

	result(KFUNC_MKDIR_EXT_SIZE, (__s64)bpf_extfuse_read_args(req, IN_EXT_SIZE, &size, sizeof(size)) ?: size);
	result(KFUNC_MKDIR_EXT_SMALL, bpf_extfuse_read_args(req, IN_EXT_VALUE, b, 7));
	result(KFUNC_MKDIR_EXT, bpf_extfuse_read_args(req, IN_EXT_VALUE, b, sizeof(b)));
	result(KFUNC_MKDIR_EXT_VALUE, *(__u32 *)b);
	result(KFUNC_MKDIR_NUM_IN, (__s64)bpf_extfuse_read_args(req, NUM_IN_ARGS, &size, sizeof(size)) ?: size);
	result(KFUNC_MKDIR_IN_2, bpf_extfuse_read_args(req, IN_PARAM_2_SIZE, &size, sizeof(size)));
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
