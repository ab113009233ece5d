// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arguments of a request as a program reads and writes them: enum extfuse_arg
 * of <linux/extfuse.h>.  kfunc.c has found out that the program may.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "run.h"
#include "run_args.h"
#include <linux/uaccess.h>

static int read_exact(void *dst, u32 size, const void *src, u32 want)
{
	if (size != want)
		return -EINVAL;
	memcpy(dst, src, want);
	return 0;
}

static int read_u32(void *dst, u32 size, u32 value)
{
	return read_exact(dst, size, &value, sizeof(value));
}

static int read_bytes(void *dst, u32 size, const void *src, u32 len)
{
	if (size < len)
		return -E2BIG;
	if (copy_from_kernel_nofault(dst, src, len)) {
		memset(dst, 0, size);
		return -EFAULT;
	}
	return 0;
}

static int read_in(const struct extfuse_run *run, unsigned int i, void *dst, u32 size)
{
	const struct fuse_in_arg *in;
	int err;

	if (i >= extfuse_num_in(run->args))
		return -EINVAL;
	in = extfuse_in(run->args, i);
	if (extfuse_in_is_split(run->args, i)) {
		if (size <= in->size)
			return -E2BIG;
		err = read_bytes(dst, size, in->value, in->size);
		if (!err)
			((char *)dst)[in->size] = '\0';
		return err;
	}
	if (!extfuse_in_is_paged(run->args, i))
		return read_bytes(dst, size, in->value, in->size);
	if (size < in->size)
		return -E2BIG;
	extfuse_pages_read(run->args, dst, 0, in->size);
	return 0;
}

static int read_in_size(const struct extfuse_run *run, unsigned int i, void *dst, u32 size)
{
	if (i >= extfuse_num_in(run->args))
		return -EINVAL;
	return read_u32(dst, size, extfuse_in_size(run->args, i));
}

static int read_ext(const struct extfuse_run *run, u32 type, void *dst, u32 size)
{
	const struct fuse_in_arg *ext = extfuse_in_ext(run->args);

	if (!ext)
		return -EINVAL;
	if (type == IN_EXT_SIZE)
		return read_u32(dst, size, ext->size);
	return read_bytes(dst, size, ext->value, ext->size);
}

/* Attributes and entries are what is copied all the time: by type, it costs no call. */
static __always_inline void output_copy(void *dst, const void *src, u32 len)
{
	switch (len) {
	case sizeof(struct fuse_attr_out):
		memcpy(dst, src, sizeof(struct fuse_attr_out));
		break;
	case sizeof(struct fuse_entry_out):
		memcpy(dst, src, sizeof(struct fuse_entry_out));
		break;
	default:
		memcpy(dst, src, len);
	}
}

/* The fork has put the outputs into memory of the kernel: no fault to expect. */
static int read_output(void *dst, u32 size, const void *src, u32 len)
{
	if (size < len)
		return -E2BIG;
	output_copy(dst, src, len);
	return 0;
}

/* One entry of a directory: see enum extfuse_arg. */
static int read_entry(const struct extfuse_run *run, unsigned int i, void *dst, u32 size)
{
	if (run->entry && i == 0)
		return read_output(dst, size, run->staged ? &run->stage_entry : run->entry,
				  sizeof(struct fuse_entry_out));
	if (i == (run->entry ? 1 : 0))
		return read_output(dst, size, run->dirent,
				  FUSE_NAME_OFFSET + run->dirent->namelen);
	return -EINVAL;
}

static int read_out(const struct extfuse_run *run, unsigned int i, void *dst, u32 size)
{
	const struct fuse_args *args = run->args;
	u32 len;

	if (run->dirent)
		return read_entry(run, i, dst, size);
	if (i >= args->out_numargs)
		return -EINVAL;
	if (run->phase == EXTFUSE_PHASE_REQUEST) {
		if (!(run->out_written & BIT(i)))
			return -ENODATA;
		len = run->out_len[i];
	} else {
		/* An error has no outputs. */
		if (!run->out_written)
			return -ENODATA;
		len = args->out_args[i].size;
		if (run->staged && i == 0)
			return read_output(dst, size, &run->stage_entry, len);
	}
	if (!extfuse_out_is_paged(args, i))
		return read_output(dst, size, args->out_args[i].value, len);
	if (size < len)
		return -E2BIG;
	extfuse_pages_read(args, dst, 0, len);
	return 0;
}

/* Request phase: straight into the caller's output, taken back if refused. */
static int write_answer(struct extfuse_run *run, unsigned int i, const void *src, u32 size)
{
	struct fuse_args *args = run->args;
	bool variable = args->out_argvar && i == args->out_numargs - 1U;

	/* Its output is in the same memory as its input: it could not be taken back. */
	if (args->opcode == FUSE_IOCTL)
		return -EINVAL;
	if (size > run->out_room[i])
		return -E2BIG;
	if (!variable && size != run->out_room[i])
		return -EINVAL;
	if (extfuse_out_is_paged(args, i))
		extfuse_pages_write(args, src, size);
	else
		output_copy(args->out_args[i].value, src, size);
	run->out_len[i] = size;
	run->out_written |= BIT(i);
	return 0;
}

/* Reply phase: kept aside until the verdict; only attributes, entries and handles. */
static int write_reply(struct extfuse_run *run, unsigned int i, const void *src, u32 size)
{
	u16 flags = extfuse_opcode_get(run->args->opcode)->flags;
	u32 want;

	if (i != 0)
		return -EINVAL;
	if (run->dirent)
		want = run->entry ? sizeof(struct fuse_entry_out) : 0;
	else if (run->out_written &&
		 flags & (EXTFUSE_OP_ATTR_REPLY | EXTFUSE_OP_ENTRY_REPLY | EXTFUSE_OP_OPEN_REPLY))
		want = run->args->out_args[0].size;
	else
		want = 0;
	if (!want)
		return -EINVAL;
	if (size > want)
		return -E2BIG;
	if (size != want)
		return -EINVAL;
	output_copy(&run->stage_entry, src, size);
	run->staged = true;
	return 0;
}

int extfuse_run_read(const struct extfuse_run *run, u32 type, void *dst, u32 size)
{
	switch (type) {
	case OPCODE:
		return read_u32(dst, size, run->args->opcode);
	case NODEID:
		return read_exact(dst, size, &run->args->nodeid, sizeof(u64));
	case NUM_IN_ARGS:
		return read_u32(dst, size, extfuse_num_in(run->args));
	case NUM_OUT_ARGS:
		return read_u32(dst, size, run->dirent ? (run->entry ? 2 : 1) : run->args->out_numargs);
	case IN_PARAM_0_SIZE:
	case IN_PARAM_1_SIZE:
	case IN_PARAM_2_SIZE:
		return read_in_size(run, (type - IN_PARAM_0_SIZE) / 2, dst, size);
	case IN_PARAM_0_VALUE:
	case IN_PARAM_1_VALUE:
	case IN_PARAM_2_VALUE:
		return read_in(run, (type - IN_PARAM_0_VALUE) / 2, dst, size);
	case OUT_PARAM_0:
	case OUT_PARAM_1:
		return read_out(run, type - OUT_PARAM_0, dst, size);
	case IN_EXT_SIZE:
	case IN_EXT_VALUE:
		return read_ext(run, type, dst, size);
	default:
		return -EBADRQC;
	}
}

int extfuse_run_write(struct extfuse_run *run, u32 type, const void *src, u32 size)
{
	unsigned int i = type - OUT_PARAM_0;

	if (type != OUT_PARAM_0 && type != OUT_PARAM_1)
		return -EBADRQC;
	if (run->phase == EXTFUSE_PHASE_REPLY)
		return write_reply(run, i, src, size);
	if (i >= run->args->out_numargs)
		return -EINVAL;
	return write_answer(run, i, src, size);
}
