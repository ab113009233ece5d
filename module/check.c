// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at what a program answered, harder than fuse looks at a daemon: a
 * daemon may damage its own mount, a program may not (design, rules 5.1 and
 * 5.5).  An answer stands only where it says what the kernel knows already and
 * where all that it rests on is still fresh; it can renew, never change.
 */
#include "fuse_i.h"
#include "attr.h"
#include "check.h"
#include "dirents.h"
#include "inode.h"
#include "opcode.h"
#include "run.h"
#include "slots.h"
#include "compat/statx.h"

static const struct fuse_in_arg *in0(const struct extfuse_run *run)
{
	return extfuse_in(run->args, 0);
}

static bool out_written(const struct extfuse_run *run, unsigned int i)
{
	return run->out_written & BIT(i);
}

static bool proven(const struct extfuse_run *run, u8 what)
{
	return (run->proven & what) == what;
}

/* The larger of what the attachment allows and what this daemon ever gave. */
static u64 max_attr(const struct extfuse_run *run, const struct fuse_attr *attr)
{
	u64 longest = READ_ONCE(run->xc->longest_attr);

	/* A path-based daemon gives each hard link a node of its own. */
	if (!S_ISDIR(attr->mode) && attr->nlink > 1)
		return longest;
	return max(run->set->max_attr_valid, longest);
}

static u64 max_entry(const struct extfuse_run *run)
{
	u64 longest = READ_ONCE(run->xc->longest_entry);

	if (run->set->flags & EXTFUSE_ATTACH_NAMES_DIR)
		return longest;
	return max(run->set->max_entry_valid, longest);
}

static bool is_submount(const struct inode *inode)
{
	return IS_AUTOMOUNT(inode) || get_fuse_inode((struct inode *)inode)->submount_lookup;
}

/* What is not the inode's is stale, or was never attributes. */
static enum extfuse_outcome attr_outcome(struct extfuse_run *run, struct fuse_attr *attr)
{
	return fuse_invalid_attr(attr) ? extfuse_bad(run, EXTFUSE_WHY_MALFORMED) :
					 extfuse_stale(run, EXTFUSE_WHY_DIFFERS);
}

static enum extfuse_outcome no_output(struct extfuse_run *run)
{
	return extfuse_bad(run, EXTFUSE_WHY_NO_OUTPUT);
}

static enum extfuse_outcome not_proven(struct extfuse_run *run)
{
	return extfuse_stale(run, EXTFUSE_WHY_NOT_FRESH);
}

static enum extfuse_outcome no_node(struct extfuse_run *run)
{
	return extfuse_stale(run, EXTFUSE_WHY_NO_NODE);
}

static enum extfuse_outcome check_getattr(struct extfuse_run *run)
{
	struct fuse_attr_out *out = run->args->out_args[0].value;
	struct inode *inode = run->args->ext.inode;

	if (!out_written(run, 0))
		return no_output(run);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_ATTR)))
		return not_proven(run);
	if (!inode || is_submount(inode))
		return no_node(run);
	if (!extfuse_attr_same(inode, &out->attr))
		return attr_outcome(run, &out->attr);
	if (out->attr_valid || out->attr_valid_nsec)
		extfuse_attr_cap(out, max_attr(run, &out->attr));
	return EXTFUSE_ACCEPT;
}

/* As GETATTR; it can renew what the kernel knows of the time of birth, not tell it. */
static enum extfuse_outcome check_statx(struct extfuse_run *run)
{
	struct inode *inode = run->args->ext.inode;
	struct fuse_attr_out out;

	if (!out_written(run, 0) || !extfuse_statx_get(run->args, &out))
		return no_output(run);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_ATTR)))
		return not_proven(run);
	if (!inode || is_submount(inode))
		return no_node(run);
	if (!extfuse_attr_same(inode, &out.attr))
		return attr_outcome(run, &out.attr);
	if (!extfuse_statx_btime_same(run->args, inode))
		return extfuse_stale(run, EXTFUSE_WHY_DIFFERS);
	extfuse_attr_cap(&out, max_attr(run, &out.attr));
	extfuse_statx_set_valid(run->args, &out);
	return EXTFUSE_ACCEPT;
}

/* "There is no such name": never at revalidation, that would detach mounts. */
static enum extfuse_outcome check_lookup_negative(struct extfuse_run *run,
						  struct fuse_entry_out *out)
{
	if (run->args->ext.flags & EXTFUSE_ARGS_REVAL)
		return extfuse_stale(run, EXTFUSE_WHY_KNOWN_NAME);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_NAME)))
		return not_proven(run);
	extfuse_entry_cap(out, 0, max_entry(run));
	return EXTFUSE_ACCEPT;
}

static enum extfuse_outcome check_lookup(struct extfuse_run *run)
{
	struct fuse_entry_out *out = run->args->out_args[0].value;
	struct inode *inode = run->args->ext.child[0];

	if (!out_written(run, 0))
		return no_output(run);
	if (!out->nodeid)
		return check_lookup_negative(run, out);
	if (!(run->args->ext.flags & EXTFUSE_ARGS_REVAL) || !inode || is_submount(inode))
		return no_node(run);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_NAME) | EXTFUSE_PROVEN_CHILD))
		return not_proven(run);
	if (out->nodeid != get_node_id(inode) ||
	    inode->i_generation != (u32)out->generation || !extfuse_attr_same(inode, &out->attr))
		return attr_outcome(run, &out->attr);
	extfuse_entry_cap(out, max_attr(run, &out->attr), max_entry(run));
	return EXTFUSE_ACCEPT;
}

/* Exactly what is there: a short answer means "end of file" to fuse. */
static enum extfuse_outcome check_read(struct extfuse_run *run)
{
	const struct fuse_read_in *in = in0(run)->value;
	struct inode *inode = run->args->ext.inode;
	u64 size, want;

	if (!out_written(run, 0))
		return no_output(run);
	if (!inode)
		return no_node(run);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_DATA)))
		return not_proven(run);
	size = i_size_read(inode);
	want = in->offset >= size ? 0 : min_t(u64, in->size, size - in->offset);
	return run->out_len[0] == want ? EXTFUSE_ACCEPT : extfuse_stale(run, EXTFUSE_WHY_DIFFERS);
}

static enum extfuse_outcome check_readlink(struct extfuse_run *run)
{
	enum extfuse_outcome outcome = EXTFUSE_ACCEPT;
	char *target;

	if (!out_written(run, 0) || !run->out_len[0])
		return no_output(run);
	target = extfuse_out_map(run->args);
	if (memchr(target, 0, run->out_len[0]))
		outcome = extfuse_bad(run, EXTFUSE_WHY_MALFORMED);
	extfuse_out_unmap(run->args, target);
	if (outcome == EXTFUSE_ACCEPT && !proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_DATA)))
		outcome = not_proven(run);
	return outcome;
}

/* Names, each with its NUL, none of them empty. */
static bool is_xattr_list(const char *list, u32 size)
{
	while (size) {
		u32 len = strnlen(list, size);

		if (!len || len == size)
			return false;
		list += len + 1;
		size -= len + 1;
	}
	return true;
}

static bool is_capability(const struct extfuse_run *run)
{
	return run->args->opcode == FUSE_GETXATTR &&
	       !strcmp(extfuse_in(run->args, 1)->value, XATTR_NAME_CAPS);
}

/* fuse would make "there is none" of it: see extfuse_xattr_size(). */
static bool says_no_size(const struct fuse_args *args)
{
	const struct fuse_getxattr_out *out = args->out_args[0].value;

	return args->opcode == FUSE_GETXATTR && !args->out_argvar &&
	       extfuse_xattr_size(extfuse_in(args, 1)->value, out->size) < 0;
}

static enum extfuse_outcome check_xattr(struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;
	u8 what = EXTFUSE_PROVEN(EXTFUSE_KIND_XATTR);

	if (!out_written(run, 0))
		return no_output(run);
	if (args->opcode == FUSE_LISTXATTR && args->out_argvar &&
	    !is_xattr_list(args->out_args[0].value, run->out_len[0]))
		return extfuse_bad(run, EXTFUSE_WHY_MALFORMED);
	if (says_no_size(args))
		return extfuse_bad(run, EXTFUSE_WHY_MALFORMED);
	/* A write takes a file's capabilities away. */
	if (is_capability(run))
		what |= EXTFUSE_PROVEN(EXTFUSE_KIND_DATA);
	return proven(run, what) ? EXTFUSE_ACCEPT : not_proven(run);
}

static enum extfuse_outcome check_access(struct extfuse_run *run)
{
	return proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_ATTR)) ? EXTFUSE_ACCEPT : not_proven(run);
}

static enum extfuse_outcome check_statfs(struct extfuse_run *run)
{
	if (!out_written(run, 0))
		return no_output(run);
	return proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_CONN)) ? EXTFUSE_ACCEPT : not_proven(run);
}

static enum extfuse_outcome check_readdir(struct extfuse_run *run)
{
	if (!out_written(run, 0))
		return no_output(run);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_DATA)))
		return not_proven(run);
	return extfuse_dirents_check(run);
}

/* OPEN and OPENDIR are not here: they stand only with a backing object. */
static noinline enum extfuse_outcome check_opcode(struct extfuse_run *run)
{
	switch (run->args->opcode) {
	case FUSE_STATX:
		return check_statx(run);
	case FUSE_LOOKUP:
		return check_lookup(run);
	case FUSE_READ:
		return check_read(run);
	case FUSE_READLINK:
		return check_readlink(run);
	case FUSE_GETXATTR:
	case FUSE_LISTXATTR:
		return check_xattr(run);
	case FUSE_ACCESS:
		return check_access(run);
	case FUSE_STATFS:
		return check_statfs(run);
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return check_readdir(run);
	default:
		return extfuse_bad(run, EXTFUSE_WHY_VERDICT);
	}
}

/*
 * extfuse_absence_check - may @verdict stand, which is not an error only?
 *
 * "There is no such value" may: it is an answer, and needs what answers need.
 */
enum extfuse_outcome extfuse_absence_check(struct extfuse_run *run, int verdict)
{
	if (run->args->opcode != FUSE_GETXATTR || verdict != -ENODATA)
		return extfuse_bad(run, EXTFUSE_WHY_MEANS_MORE);
	if (!proven(run, EXTFUSE_PROVEN(EXTFUSE_KIND_XATTR)) ||
	    !extfuse_proofs_fresh(run->xc, run->proofs, run->nproofs))
		return not_proven(run);
	return EXTFUSE_ACCEPT;
}

/*
 * extfuse_answer_check - may verdict 0 of this run stand?
 *
 * EXTFUSE_ACCEPT: outputs are whole, lifetimes capped, and a count is paid for
 * a positive LOOKUP.  Otherwise the caller puts args back.
 */
enum extfuse_outcome extfuse_answer_check(struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;
	const struct fuse_entry_out *out;
	enum extfuse_outcome outcome;

	/* Most answers are to GETATTR: their way is short. */
	if (likely(args->opcode == FUSE_GETATTR))
		outcome = check_getattr(run);
	else
		outcome = check_opcode(run);
	if (outcome != EXTFUSE_ACCEPT)
		return outcome;
	/* Sent out of distrust: the daemon itself is asked. */
	if (args->ext.flags & EXTFUSE_ARGS_FRESH)
		return extfuse_stale(run, EXTFUSE_WHY_DISTRUST);
	if (!extfuse_is_quiet(run->xc, args) &&
	    !extfuse_proofs_fresh(run->xc, run->proofs, run->nproofs))
		return not_proven(run);
	if (args->opcode != FUSE_LOOKUP || run->set->flags & EXTFUSE_ATTACH_SHADOW)
		return EXTFUSE_ACCEPT;
	out = args->out_args[0].value;
	if (out->nodeid && !extfuse_entry_pay(args->ext.child[0]))
		return no_node(run);
	return EXTFUSE_ACCEPT;
}
