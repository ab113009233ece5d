// SPDX-License-Identifier: GPL-2.0-only
/*
 * -o shadow: an answer of a program is kept aside, the daemon is asked too, and
 * what still is fresh when its reply is there is compared.  The caller gets
 * the daemon's; differences are counted (extfuse_op_stats.differed).
 */
#include "fuse_i.h"
#include "attr.h"
#include "dirents.h"
#include "run.h"
#include "shadow.h"
#include "slots.h"
#include "stats.h"
#include "compat/statx.h"

struct extfuse_shadow {
	int error;		/* a refusal: no data */
	u8 nproofs;
	struct extfuse_proof proofs[EXTFUSE_FRESH_MAX];
	u32 len;
	u8 data[] __aligned(8);	/* output 0, as the program wrote it */
};

static void out_read(const struct fuse_args *args, void *dst, u32 len)
{
	if (extfuse_out_is_paged(args, 0))
		extfuse_pages_read(args, dst, 0, len);
	else
		memcpy(dst, args->out_args[0].value, len);
}

/*
 * extfuse_shadow_keep - an answer (@verdict 0) or a refusal (-E) that could stand
 *
 * Sets args->ext.shadow; without memory the answer is not compared.
 */
void extfuse_shadow_keep(struct extfuse_run *run, int verdict)
{
	u32 len = !verdict && run->args->out_numargs ? run->out_len[0] : 0;
	struct extfuse_shadow *shadow;

	shadow = kvzalloc(struct_size(shadow, data, len), GFP_KERNEL_ACCOUNT);
	if (!shadow)
		return;
	shadow->error = verdict;
	shadow->nproofs = run->nproofs;
	memcpy(shadow->proofs, run->proofs, sizeof(shadow->proofs));
	shadow->len = len;
	if (len)
		out_read(run->args, shadow->data, len);
	run->args->ext.shadow = shadow;
}

/* "There is no such name" has two forms. */
static bool lookup_equal(const struct extfuse_shadow *shadow, const struct fuse_args *args,
			 ssize_t ret)
{
	const struct fuse_entry_out *a = (const void *)shadow->data;
	const struct fuse_entry_out *b = args->out_args[0].value;
	bool none = shadow->error == -ENOENT || (!shadow->error && !a->nodeid);

	if (none || shadow->error)
		return none ? ret == -ENOENT || (!ret && !b->nodeid) : ret == shadow->error;
	return !ret && b->nodeid && extfuse_entry_equal(a, b);
}

/* On its own: what it has on the stack is no matter of the others. */
static noinline_for_stack bool statx_equal(const void *ours, const void *daemons)
{
	struct fuse_attr_out a, b;

	return extfuse_statx_read(ours, &a) && extfuse_statx_read(daemons, &b) &&
	       extfuse_attr_equal(&a.attr, &b.attr) && extfuse_statx_btime_equal(ours, daemons);
}

/* Variable outputs: the size of the daemon's reply is in args, for synchronous and background requests. */
static bool bytes_equal(const struct extfuse_shadow *shadow, const struct fuse_args *args)
{
	u32 len = shadow->len;
	void *buf;
	bool equal;

	if (!args->out_numargs || args->out_args[0].size != len)
		return !args->out_numargs;
	buf = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	/* Without memory nothing is said. */
	if (!buf)
		return true;
	out_read(args, buf, len);
	equal = !memcmp(shadow->data, buf, len);
	kvfree(buf);
	return equal;
}

static bool dirents_equal(struct extfuse_shadow *shadow, const struct fuse_args *args)
{
	u32 len = args->out_args[0].size;
	bool equal;
	void *buf;

	buf = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return true;
	out_read(args, buf, len);
	equal = extfuse_dirents_equal(shadow->data, shadow->len, buf, len,
				      args->opcode == FUSE_READDIRPLUS);
	kvfree(buf);
	return equal;
}

static bool answer_equal(struct extfuse_shadow *shadow, const struct fuse_args *args,
			 ssize_t ret)
{
	const struct fuse_attr_out *a = (const void *)shadow->data;

	if (args->opcode == FUSE_LOOKUP)
		return lookup_equal(shadow, args, ret);
	if (shadow->error || ret < 0)
		return ret == shadow->error;
	switch (args->opcode) {
	case FUSE_GETATTR:
		return extfuse_attr_equal(&a->attr,
				  &((const struct fuse_attr_out *)args->out_args[0].value)->attr);
	case FUSE_STATX:
		return statx_equal(shadow->data, args->out_args[0].value);
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return dirents_equal(shadow, args);
	default:
		return bytes_equal(shadow, args);
	}
}

/* The request goes no further, or is done. */
void extfuse_shadow_drop(struct fuse_args *args)
{
	kvfree(args->ext.shadow);
	args->ext.shadow = NULL;
}

/*
 * extfuse_shadow_compare - the daemon's reply, before a reply program sees it
 * @ret:	what the stock way made of it
 */
void extfuse_shadow_compare(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret)
{
	struct extfuse_shadow *shadow = args->ext.shadow;

	if (args->ext.replied && extfuse_proofs_fresh(xc, shadow->proofs, shadow->nproofs) &&
	    !answer_equal(shadow, args, ret))
		extfuse_count(xc, args->opcode, differed);
	extfuse_shadow_drop(args);
}
