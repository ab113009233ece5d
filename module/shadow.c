// SPDX-License-Identifier: GPL-2.0-only
/*
 * -o shadow: an answer of a program is kept aside, the daemon is asked too, and
 * what still is fresh when its reply is there is compared.  The caller gets
 * the daemon's; differences are counted (extfuse_op_stats.differed).
 */
#include "fuse_i.h"

struct extfuse_shadow {
	u8 nproofs;
	struct extfuse_proof proofs[EXTFUSE_FRESH_MAX];
	union {
		struct fuse_attr_out attr;
		struct fuse_entry_out entry;
	};
};

/* Of GETATTR and LOOKUP; NULL: not compared. */
struct extfuse_shadow *extfuse_shadow_keep(struct extfuse_run *run)
{
	const struct fuse_arg *out = &run->args->out_args[0];
	struct extfuse_shadow *shadow;

	if (run->args->opcode != FUSE_GETATTR && run->args->opcode != FUSE_LOOKUP)
		return NULL;
	shadow = kzalloc(sizeof(*shadow), GFP_KERNEL);
	if (!shadow)
		return NULL;
	shadow->nproofs = run->nproofs;
	memcpy(shadow->proofs, run->proofs, sizeof(shadow->proofs));
	memcpy(&shadow->entry, out->value, min_t(size_t, out->size, sizeof(shadow->entry)));
	return shadow;
}

/* atime and what follows it may lag, lifetimes are not the file's. */
static bool attr_equal(const struct fuse_attr *a, const struct fuse_attr *b)
{
	return a->ino == b->ino && a->size == b->size && a->mode == b->mode &&
	       a->nlink == b->nlink && a->uid == b->uid && a->gid == b->gid &&
	       a->rdev == b->rdev && a->mtime == b->mtime && a->mtimensec == b->mtimensec &&
	       a->ctime == b->ctime && a->ctimensec == b->ctimensec;
}

static bool lookup_equal(const struct fuse_entry_out *a, const struct fuse_entry_out *b,
			 ssize_t ret)
{
	if (ret == -ENOENT || (!ret && !b->nodeid))
		return !a->nodeid;
	return !ret && a->nodeid == b->nodeid && a->generation == b->generation &&
	       attr_equal(&a->attr, &b->attr);
}

/* The request goes no further. */
void extfuse_shadow_drop(struct fuse_args *args)
{
	kfree(args->ext.shadow);
	args->ext.shadow = NULL;
}

void extfuse_shadow_compare(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret)
{
	struct extfuse_shadow *shadow = args->ext.shadow;
	const void *out = args->out_args[0].value;
	bool equal;

	if (!args->ext.replied ||
	    !extfuse_proofs_fresh(xc, shadow->proofs, shadow->nproofs))
		goto free;
	if (args->opcode == FUSE_LOOKUP)
		equal = lookup_equal(&shadow->entry, out, ret);
	else
		equal = !ret && attr_equal(&shadow->attr.attr,
					   &((const struct fuse_attr_out *)out)->attr);
	if (!equal)
		extfuse_count(xc, args->opcode, differed);
free:
	extfuse_shadow_drop(args);
}
