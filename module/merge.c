// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reply program may change of the daemon's reply: it can lower or raise
 * lifetimes and change permission bits, owner and times, and say of a handle that what was
 * read may stay; all else stays the daemon's (rule 5.1).
 */
#include "fuse_i.h"
#include "attr.h"
#include "merge.h"
#include "opcode.h"
#include "run.h"
#include "slots.h"
#include "stats.h"
#include "passthrough/backing.h"
#include "compat/statx.h"

static u64 until(const struct extfuse_run *run, u64 sec, u32 nsec)
{
	u64 valid = extfuse_valid_ns(sec, nsec);

	if (!valid)
		return 0;
	return valid > U64_MAX - run->now ? U64_MAX : run->now + valid;
}

void extfuse_entry_until(struct extfuse_run *run, const struct fuse_entry_out *out)
{
	run->req.attr_until = until(run, out->attr_valid, out->attr_valid_nsec);
	run->req.entry_until = until(run, out->entry_valid, out->entry_valid_nsec);
}

static noinline_for_stack u64 statx_until(const struct extfuse_run *run)
{
	struct fuse_attr_out attr;

	return extfuse_statx_get(run->args, &attr) ?
	       until(run, attr.attr_valid, attr.attr_valid_nsec) : 0;
}

/* Lifetimes as the daemon gave them, or as the node's last attributes had. */
void extfuse_reply_until(struct extfuse_run *run)
{
	const struct fuse_args *args = run->args;
	u16 flags = extfuse_opcode_get(args->opcode)->flags;
	u64 jiffies_now = get_jiffies_64();
	const struct fuse_inode *fi;

	if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		extfuse_entry_until(run, args->out_args[0].value);
	} else if (flags & EXTFUSE_OP_ATTR_REPLY) {
		const struct fuse_attr_out *out = args->out_args[0].value;

		run->req.attr_until = until(run, out->attr_valid, out->attr_valid_nsec);
	} else if (flags & EXTFUSE_OP_STATX_REPLY) {
		run->req.attr_until = statx_until(run);
	} else if (args->ext.inode) {
		fi = get_fuse_inode(args->ext.inode);
		if (fi->i_time > jiffies_now)
			run->req.attr_until = run->now +
					      jiffies64_to_nsecs(fi->i_time - jiffies_now);
	}
}

/*
 * May the kernel keep this for longer than the daemon said?  Not where a change
 * is under way or came after the stamp: then nobody would tell it of that.
 */
static bool may_lengthen(const struct extfuse_run *run, u16 slot)
{
	if (extfuse_opcode_get(run->args->opcode)->flags & EXTFUSE_OP_CHANGES)
		return false;
	return extfuse_epoch_fresh(run->xc, run->args->ext.stamp) &&
	       extfuse_slot_fresh(run->xc, slot, run->args->ext.stamp);
}

/* Takes a changed lifetime into the daemon's reply. */
static void valid_merge(u64 *sec, u32 *nsec, u64 wish, u64 max, bool lengthen)
{
	u64 own = extfuse_valid_ns(*sec, *nsec);

	if (wish > own)
		wish = lengthen ? min(wish, max(own, max)) : own;
	*sec = div_u64_rem(wish, NSEC_PER_SEC, nsec);
}

static void attr_valid_merge(struct extfuse_run *run, u64 nodeid, const struct fuse_attr *attr,
			     u64 *sec, u32 *nsec, u64 wish)
{
	bool lengthen = may_lengthen(run, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR));

	/* A path-based daemon gives each hard link a node of its own. */
	if (!S_ISDIR(attr->mode) && attr->nlink > 1)
		lengthen = false;
	/* What is on another file system changes there. */
	if (extfuse_has_backing(run->xc, nodeid))
		lengthen = false;
	valid_merge(sec, nsec, wish, max(run->set->max_attr_valid,
					 READ_ONCE(run->xc->longest_attr)), lengthen);
}

static void attr_merge(struct fuse_attr *attr, const struct fuse_attr *from)
{
	attr->mode = (attr->mode & S_IFMT) | (from->mode & 07777);
	attr->uid = from->uid;
	attr->gid = from->gid;
	attr->atime = from->atime;
	attr->mtime = from->mtime;
	attr->ctime = from->ctime;
	attr->atimensec = from->atimensec;
	attr->mtimensec = from->mtimensec;
	attr->ctimensec = from->ctimensec;
}

void extfuse_entry_merge(struct extfuse_run *run, struct fuse_entry_out *out,
			 const char *name, u32 namelen)
{
	const struct fuse_entry_out *from = &run->stage_entry;
	u16 slot = extfuse_slot_of_name(READ_ONCE(run->xc->names_dir), run->args->nodeid,
					name, namelen);
	bool lengthen = !(run->set->flags & EXTFUSE_ATTACH_NAMES_DIR) && may_lengthen(run, slot);

	if (out->nodeid) {
		attr_valid_merge(run, out->nodeid, &out->attr, &out->attr_valid,
				 &out->attr_valid_nsec,
				 extfuse_valid_ns(from->attr_valid, from->attr_valid_nsec));
		attr_merge(&out->attr, &from->attr);
	}
	valid_merge(&out->entry_valid, &out->entry_valid_nsec,
		    extfuse_valid_ns(from->entry_valid, from->entry_valid_nsec),
		    max(run->set->max_entry_valid, READ_ONCE(run->xc->longest_entry)), lengthen);
}

/* Of a handle it can only say that what was read may stay. */
static void open_merge(struct extfuse_run *run)
{
	struct fuse_open_out *out = run->args->out_args[0].value;
	u32 wish = run->stage_open.open_flags & ~out->open_flags;

	if (run->set->flags & EXTFUSE_ATTACH_SHADOW)
		return;
	out->open_flags |= extfuse_cached_keep(run->xc, run->args, wish);
}

void extfuse_reply_merge(struct extfuse_run *run)
{
	struct fuse_args *args = run->args;
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);

	if (op->flags & EXTFUSE_OP_ATTR_REPLY) {
		struct fuse_attr_out *out = args->out_args[0].value;
		const struct fuse_attr_out *from = &run->stage_attr;

		attr_valid_merge(run, args->nodeid, &out->attr, &out->attr_valid,
				 &out->attr_valid_nsec,
				 extfuse_valid_ns(from->attr_valid, from->attr_valid_nsec));
		attr_merge(&out->attr, &from->attr);
	} else if (op->flags & EXTFUSE_OP_OPEN_REPLY) {
		open_merge(run);
	} else {
		unsigned int len, arg = op->name ? op->name - 1 : 0;
		const char *name = extfuse_in_name(args, arg, &len);

		extfuse_entry_merge(run, args->out_args[0].value, name, len);
	}
	extfuse_count(run->xc, args->opcode, changed);
}
