/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inputs and outputs of a request as protocol 7.31 numbers them, whatever
 * this series' fs/fuse makes of them: the create extension (since 6.0) has no
 * number among the inputs.
 */
#ifndef _EXTFUSE_COMPAT_ARGS_H
#define _EXTFUSE_COMPAT_ARGS_H

/* The extension, where there is one, is always the last input. */
static inline unsigned int extfuse_num_in(const struct fuse_args *args)
{
	return args->in_numargs - args->is_ext;
}

static inline const struct fuse_in_arg *extfuse_in(const struct fuse_args *args, unsigned int i)
{
	return &args->in_args[i];
}

static inline const struct fuse_in_arg *extfuse_in_ext(const struct fuse_args *args)
{
	return args->is_ext ? &args->in_args[args->ext_idx] : NULL;
}

static inline bool extfuse_in_is_paged(const struct fuse_args *args, unsigned int i)
{
	return args->in_pages && i == args->in_numargs - 1U;
}

static inline bool extfuse_out_is_paged(const struct fuse_args *args, unsigned int i)
{
	return args->out_pages && i == args->out_numargs - 1U;
}

/* Sizes of all inputs; what is not used is zero, the extension has no number. */
static inline void extfuse_in_sizes(const struct fuse_args *args, u32 sizes[3])
{
	sizes[0] = args->in_args[0].size;
	sizes[1] = args->in_args[1].size;
	sizes[2] = args->in_args[2].size;
	if (unlikely(args->is_ext))
		sizes[args->ext_idx] = 0;
}

/* args.c */
void extfuse_pages_read(const struct fuse_args *args, void *dst, u32 size);
void extfuse_pages_write(const struct fuse_args *args, const void *src, u32 size);
void extfuse_out_zero(const struct fuse_args *args, u32 from);
void *extfuse_out_map(const struct fuse_args *args);
void extfuse_out_unmap(const struct fuse_args *args, void *addr);

#endif /* _EXTFUSE_COMPAT_ARGS_H */
