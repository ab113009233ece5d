/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inputs and outputs of a request as protocol 7.31 numbers them, whatever
 * this series' fs/fuse makes of them: the create extension (since 6.0) has no
 * number among the inputs.
 *
 * HAVE_ZERO_ARG0: since 6.15 some requests begin with an empty input, which has no
 * number, and the name of a LOOKUP and its NUL are two inputs, which count as one:
 * such a name is "split".  The form without goes with the lines 6.1, 6.12+deb12 and
 * 6.12+deb13 of dkms/matrix.
 */
#ifndef _EXTFUSE_COMPAT_ARGS_H
#define _EXTFUSE_COMPAT_ARGS_H

#ifdef HAVE_ZERO_ARG0
/* Inputs before number 0. */
static inline unsigned int extfuse_in_skip(const struct fuse_args *args)
{
	return args->in_numargs && !args->in_args[0].size;
}

static inline bool extfuse_in_is_split(const struct fuse_args *args, unsigned int i)
{
	return args->opcode == FUSE_LOOKUP && !i && args->in_numargs == 3;
}
#else
static inline unsigned int extfuse_in_skip(const struct fuse_args *args)
{
	return 0;
}

static inline bool extfuse_in_is_split(const struct fuse_args *args, unsigned int i)
{
	return false;
}
#endif

/* The extension, where there is one, is always the last input. */
static inline unsigned int extfuse_num_in(const struct fuse_args *args)
{
	return args->in_numargs - args->is_ext - extfuse_in_skip(args) - extfuse_in_is_split(args, 0);
}

/* Of a split input the part that is not its NUL. */
static inline const struct fuse_in_arg *extfuse_in(const struct fuse_args *args, unsigned int i)
{
	return &args->in_args[i + extfuse_in_skip(args)];
}

static inline u32 extfuse_in_size(const struct fuse_args *args, unsigned int i)
{
	return extfuse_in(args, i)->size + extfuse_in_is_split(args, i);
}

/* An input that is a name; there may be no NUL behind it. */
static inline const char *extfuse_in_name(const struct fuse_args *args, unsigned int i,
					  unsigned int *len)
{
	*len = extfuse_in_size(args, i) - 1;
	return extfuse_in(args, i)->value;
}

/* Another name in its place, with a NUL behind it. */
static inline void extfuse_in_name_set(struct fuse_args *args, unsigned int i, const char *name,
				       unsigned int len)
{
	struct fuse_in_arg *in = (struct fuse_in_arg *)extfuse_in(args, i);

	in->value = name;
	in->size = len + 1 - extfuse_in_is_split(args, i);
}

static inline const struct fuse_in_arg *extfuse_in_ext(const struct fuse_args *args)
{
	return args->is_ext ? &args->in_args[args->ext_idx] : NULL;
}

static inline bool extfuse_in_is_paged(const struct fuse_args *args, unsigned int i)
{
	return args->in_pages && i + extfuse_in_skip(args) == args->in_numargs - 1U;
}

static inline bool extfuse_out_is_paged(const struct fuse_args *args, unsigned int i)
{
	return args->out_pages && i == args->out_numargs - 1U;
}

/* Of the last output, which a reply may make smaller. */
static inline u32 extfuse_out_room(const struct fuse_args *args)
{
	return args->out_numargs ? args->out_args[args->out_numargs - 1].size : 0;
}

/* Sizes of all inputs; what is not used is zero, the extension has no number. */
static inline void extfuse_in_sizes(const struct fuse_args *args, u32 sizes[3])
{
	unsigned int skip = extfuse_in_skip(args);

	sizes[0] = args->in_args[skip].size;
	sizes[1] = args->in_args[skip + 1].size;
	sizes[2] = args->in_args[skip + 2].size;
	if (unlikely(extfuse_in_is_split(args, 0))) {
		sizes[0]++;
		sizes[1] = 0;
	}
	if (unlikely(args->is_ext && args->ext_idx - skip < 3))
		sizes[args->ext_idx - skip] = 0;
}

/* args.c */
void extfuse_pages_read(const struct fuse_args *args, void *dst, u32 at, u32 size);
void extfuse_pages_write(const struct fuse_args *args, const void *src, u32 size);
void extfuse_out_zero(const struct fuse_args *args, u32 from);
int extfuse_out_hold(struct fuse_args *args);
void extfuse_out_unhold(struct fuse_args *args);
void *extfuse_out_map(const struct fuse_args *args);
void extfuse_out_unmap(const struct fuse_args *args, void *addr);

/* What extfuse_out_hold() got is given back; inline, because only listings have it. */
static inline void extfuse_out_release(struct fuse_args *args)
{
	if (unlikely(args->ext.out))
		extfuse_out_unhold(args);
}

#endif /* _EXTFUSE_COMPAT_ARGS_H */
