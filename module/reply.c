// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reply phase: what the daemon answered is looked at by the kernel (which
 * learns what has changed behind its back) and by the reply program (which
 * fills caches, changes lifetimes, or refuses).
 *
 * A reply program runs only for what the daemon itself wrote, and only where
 * the same attachment saw the request start.  It can lower or raise lifetimes
 * and change permission bits, owner and times; all else of an entry stays the
 * daemon's (rule 5.1).  What it refuses is paid back: a FORGET for a count, a
 * RELEASE for a handle.
 */
#include "fuse_i.h"
#include "attr.h"
#include "params.h"
#include "compat/inode.h"
#include "compat/statx.h"
#include <linux/rcupdate_trace.h>

struct search {
	u64 nodeid;
	const struct fuse_attr *attr;
	bool differs;
	bool mapped;
};

/* Under the lock of the inode hash: looks, and takes nothing. */
static int search_match(struct inode *inode, EXTFUSE_INODE_HASH nodeid, void *data)
{
	struct search *search = data;

	if (get_node_id(inode) != search->nodeid)
		return 0;
	search->differs = extfuse_attr_differs(inode, search->attr);
	search->mapped = extfuse_backing_is_mapped(inode);
	return -1;
}

/* What a reply says of a node whose inode is known. */
static void learn_known(struct extfuse_conn *xc, u64 nodeid, u64 stamp, bool differs, bool mapped)
{
	if (differs)
		extfuse_node_cap(xc, nodeid, stamp);
	/* Stores into a mapping tell nobody: these attributes are old when they are here. */
	if (mapped)
		extfuse_node_move(xc, nodeid, BIT(EXTFUSE_KIND_ATTR));
}

static void learn_inode(struct extfuse_conn *xc, struct inode *inode, u64 stamp,
			const struct fuse_attr *attr)
{
	learn_known(xc, get_node_id(inode), stamp, extfuse_attr_differs(inode, attr),
		    extfuse_backing_is_mapped(inode));
}

/*
 * The daemon's attributes of a node that lies on another file system are kept
 * by nobody: they change there.
 */
static void valid_drop(struct extfuse_conn *xc, u64 nodeid, u64 *valid, u32 *valid_nsec)
{
	if (likely(!rcu_access_pointer(xc->backings)) || !extfuse_has_backing(xc, nodeid))
		return;
	*valid = 0;
	*valid_nsec = 0;
}

struct learn {
	struct extfuse_conn *xc;
	struct super_block *sb;
	u64 stamp;
};

/* Attributes of a node that may or may not be cached. */
static void learn_node(void *data, struct fuse_entry_out *out)
{
	struct learn *learn = data;
	struct search search = { .nodeid = out->nodeid, .attr = &out->attr };

	if (!learn->sb)
		return;
	find_inode_nowait(learn->sb, out->nodeid, search_match, &search);
	learn_known(learn->xc, out->nodeid, learn->stamp, search.differs, search.mapped);
	valid_drop(learn->xc, out->nodeid, &out->attr_valid, &out->attr_valid_nsec);
}

static void learn_longest(u64 *longest, u64 valid)
{
	if (unlikely(valid > READ_ONCE(*longest)))
		WRITE_ONCE(*longest, valid);
}

static void learn_entry(struct extfuse_conn *xc, const struct fuse_args *args,
			struct fuse_entry_out *out)
{
	struct inode *child = args->ext.child[0];
	struct inode *dir = args->ext.inode;
	struct learn learn = {
		.xc = xc,
		.sb = dir ? dir->i_sb : args->ext.sb,
		.stamp = args->ext.stamp,
	};

	learn_longest(&xc->longest_attr, extfuse_valid_ns(out->attr_valid, out->attr_valid_nsec));
	learn_longest(&xc->longest_entry,
		      extfuse_valid_ns(out->entry_valid, out->entry_valid_nsec));
	if (!out->nodeid)
		return;
	valid_drop(xc, out->nodeid, &out->attr_valid, &out->attr_valid_nsec);
	if (extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_NEW_NODE) {
		extfuse_node_move(xc, out->nodeid,
				  BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA));
		return;
	}
	if (args->ext.flags & EXTFUSE_ARGS_REVAL && child && get_node_id(child) == out->nodeid) {
		learn_inode(xc, child, args->ext.stamp, &out->attr);
		return;
	}
	learn_node(&learn, out);
}

static void learn_attr(struct extfuse_conn *xc, const struct fuse_args *args,
		       struct fuse_attr_out *out)
{
	learn_longest(&xc->longest_attr, extfuse_valid_ns(out->attr_valid, out->attr_valid_nsec));
	valid_drop(xc, args->nodeid, &out->attr_valid, &out->attr_valid_nsec);
	if (!(extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_CHANGES) && args->ext.inode)
		learn_inode(xc, args->ext.inode, args->ext.stamp, &out->attr);
}

/* On its own: what it has on the stack is zeroed, also where no STATX is near. */
static noinline_for_stack void learn_statx(struct extfuse_conn *xc, struct fuse_args *args)
{
	struct fuse_attr_out attr;

	if (!extfuse_statx_get(args, &attr))
		return;
	learn_attr(xc, args, &attr);
	extfuse_statx_set_valid(args, &attr);
}

static noinline_for_stack void learn_listing(struct extfuse_conn *xc, const struct fuse_args *args,
					     ssize_t len)
{
	struct learn learn = {
		.xc = xc,
		.sb = args->ext.inode->i_sb,
		.stamp = args->ext.stamp,
	};

	extfuse_dirents_each(args, len, learn_node, &learn);
}

/* The kernel learns of changes that came past it: older entries die. */
static void reply_learn(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret)
{
	u16 flags = extfuse_opcode_get(args->opcode)->flags;

	if (flags & EXTFUSE_OP_ATTR_REPLY) {
		learn_attr(xc, args, args->out_args[0].value);
	} else if (flags & EXTFUSE_OP_STATX_REPLY) {
		learn_statx(xc, args);
	} else if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		learn_entry(xc, args, args->out_args[0].value);
	} else if (args->opcode == FUSE_READ) {
		if (args->ext.inode && extfuse_backing_is_mapped(args->ext.inode))
			extfuse_node_move(xc, args->nodeid, BIT(EXTFUSE_KIND_DATA));
	} else if (args->opcode == FUSE_READDIRPLUS && args->ext.inode) {
		learn_listing(xc, args, ret);
	}
}

/* The node took its count with it: give it back. */
void extfuse_pay_forget(struct fuse_conn *fc, u64 nodeid)
{
	struct fuse_forget_link *forget;

	/* The daemon may give the node id to something else. */
	extfuse_evict(fc, nodeid);
	forget = kzalloc(sizeof(*forget), GFP_KERNEL | __GFP_NOFAIL);
	extfuse_forget_queue(fc, forget, nodeid);
}

struct pay_release {
	struct fuse_args args;
	struct fuse_release_in in;
};

static EXTFUSE_END_FN(pay_release_end, args, error)
{
	struct pay_release *pay = container_of(args, struct pay_release, args);

	iput(pay->args.ext.inode);
	kfree(pay);
}

/* Under the lock of the inode hash. */
static int opened_match(struct inode *inode, EXTFUSE_INODE_HASH nodeid, void *data)
{
	if (get_node_id(inode) != *(const u64 *)data)
		return 0;
	return igrab(inode) ? 1 : -1;
}

/* The inode of what was opened; the kernel's own OPEN does not tell it, but has it. */
static struct inode *opened_get(struct fuse_mount *fm, const struct fuse_args *opened)
{
	u64 nodeid = opened->nodeid;

	if (opened->ext.inode)
		return igrab(opened->ext.inode);
	return find_inode_nowait(fm->sb, nodeid, opened_match, &nodeid);
}

/*
 * The daemon opened what the caller will not get.  It is handed FORGETs before
 * requests: so that it knows the node until it has released the handle, the
 * inode stays for as long, as it does for fuse's own RELEASE.
 */
static void pay_release(struct fuse_mount *fm, const struct fuse_args *opened)
{
	const struct fuse_open_in *open = opened->in_args[0].value;
	const struct fuse_open_out *out = opened->out_args[0].value;
	struct pay_release *pay = kzalloc(sizeof(*pay), GFP_KERNEL | __GFP_NOFAIL);

	pay->in.fh = out->fh;
	pay->in.flags = open->flags;
	pay->args.opcode = opened->opcode == FUSE_OPEN ? FUSE_RELEASE : FUSE_RELEASEDIR;
	pay->args.nodeid = opened->nodeid;
	pay->args.ext.inode = opened_get(fm, opened);
	pay->args.force = true;
	pay->args.nocreds = true;
	pay->args.in_numargs = 1;
	pay->args.in_args[0].size = sizeof(pay->in);
	pay->args.in_args[0].value = &pay->in;
	pay->args.end = pay_release_end;
	if (fuse_simple_background(fm, &pay->args, GFP_KERNEL | __GFP_NOFAIL))
		extfuse_args_end(fm, &pay->args, -ENOTCONN);
}

static void entry_pay_back(void *data, struct fuse_entry_out *out)
{
	extfuse_pay_forget(data, out->nodeid);
}

/* A handle of ours, and what the file has of it. */
static void own_pay_back(struct fuse_args *args)
{
	extfuse_handle_undo(args->ext.inode, args->ext.ff);
	args->ext.file->f_mode &= ~FMODE_NOWAIT;
}

/* The caller will not get this answer. */
static void reply_pay_back(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret)
{
	u16 flags = extfuse_opcode_get(args->opcode)->flags;

	if (ret < 0)
		return;
	if (flags & EXTFUSE_OP_OPEN_REPLY) {
		if (args->ext.ff && extfuse_own(args->ext.ff))
			own_pay_back(args);
		else
			pay_release(fm, args);
	} else if (args->opcode == FUSE_READDIRPLUS) {
		/* What was passed through has cost nothing yet. */
		if (!args->ext.pass)
			extfuse_dirents_each(args, ret, entry_pay_back, fm->fc);
	} else if (flags & EXTFUSE_OP_ENTRY_REPLY) {
		const struct fuse_entry_out *out = args->out_args[0].value;

		if (out->nodeid)
			extfuse_pay_forget(fm->fc, out->nodeid);
	}
}

/* Not what has changed something, as an OPEN with O_TRUNC. */
static bool reply_is_undoable(const struct fuse_args *args)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);

	return op->flags & EXTFUSE_OP_REFUSE_REPLY && (!op->kinds_of || !op->kinds_of(args));
}

static bool reply_is_refusable(const struct fuse_args *args, const struct extfuse_set *set)
{
	/* A name that the kernel has stays with it, but a policy says who gets it. */
	if (args->ext.flags & EXTFUSE_ARGS_REVAL && !(set->flags & EXTFUSE_ATTACH_FAIL_CLOSED))
		return false;
	return reply_is_undoable(args);
}

static ssize_t reply_refuse(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, int error)
{
	reply_pay_back(fm, args, ret);
	args->ext.refused = true;
	return error;
}

/*
 * extfuse_reply_undo - makes args as they were before the request was sent
 * @room:	of its last output
 *
 * False: nobody has replied, or what was done stays done.
 */
bool extfuse_reply_undo(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, u32 room)
{
	unsigned int last = args->out_numargs - 1;

	if (!args->ext.replied || !reply_is_undoable(args))
		return false;
	reply_pay_back(fm, args, ret);
	if (args->out_argvar)
		args->out_args[last].size = room;
	/* A program that answers finds its outputs zeroed. */
	if (args->out_numargs && !extfuse_out_is_paged(args, last))
		memset(args->out_args[last].value, 0, args->out_args[last].size);
	return true;
}

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
static void reply_until(struct extfuse_run *run)
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

static void reply_merge(struct extfuse_run *run)
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
	} else {
		unsigned int len, arg = op->name ? op->name - 1 : 0;
		const char *name = extfuse_in_name(args, arg, &len);

		extfuse_entry_merge(run, args->out_args[0].value, name, len);
	}
	extfuse_count(run->xc, args->opcode, changed);
}

/* Its program cannot be asked: a policy lets nothing through. */
static ssize_t reply_unseen(const struct extfuse_set *set, struct fuse_mount *fm,
			    struct fuse_args *args, ssize_t ret)
{
	/* Where no error is one only, the daemon's answer does less harm. */
	if (!(set->flags & EXTFUSE_ATTACH_FAIL_CLOSED) || !reply_is_refusable(args, set) ||
	    !extfuse_error_is_plain(args, -EIO))
		return ret;
	return reply_refuse(fm, args, ret, -EIO);
}

/* One answer: kept, changed or refused. */
static ssize_t reply_one(struct extfuse_run *run, const struct bpf_prog *prog, ssize_t ret)
{
	struct fuse_args *args = run->args;
	int verdict;

	run->req.error = min_t(ssize_t, ret, 0);
	if (ret >= 0) {
		run->out_written = GENMASK(1, 0);
		reply_until(run);
	} else {
		memset(run->req.out_size, 0, sizeof(run->req.out_size));
	}
	extfuse_count(run->xc, args->opcode, replies);
	verdict = extfuse_run_prog(run, prog);
	if (!verdict && run->staged)
		reply_merge(run);
	if (verdict >= 0 || verdict <= -512 || verdict == EXTFUSE_UPCALL ||
	    !reply_is_refusable(args, run->set))
		return ret;
	/* In words that are more than an error, a policy says no all the same. */
	if (!extfuse_error_is_plain(args, verdict))
		return reply_unseen(run->set, run->fm, args, ret);
	extfuse_count(run->xc, args->opcode, changed);
	return reply_refuse(run->fm, args, ret, verdict);
}

/* *last != 0: everything in the buffer is hidden, this is where it ended. */
static noinline_for_stack ssize_t reply_ask(struct extfuse_conn *xc, struct fuse_mount *fm,
					    struct fuse_args *args, ssize_t ret, bool background,
					    u64 *last)
{
	bool dir = extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_DIR_REPLY;
	const struct bpf_prog *prog = NULL;
	const struct extfuse_set *set;
	struct extfuse_run run extfuse_filled_by_hand;

	*last = 0;
	rcu_read_lock_trace();
	set = rcu_dereference_check(xc->set, rcu_read_lock_trace_held());
	if (set && set->id == args->ext.set_id)
		prog = set->reply[args->opcode];
	if (!prog)
		goto out;
	if (unlikely(!READ_ONCE(extfuse_programs) || extfuse_is_running())) {
		ret = reply_unseen(set, fm, args, ret);
		goto out;
	}

	run.fm = fm;
	run.args = args;
	run.xc = xc;
	run.set = set;
	if (!fuse_to_extfuse_req(&run, EXTFUSE_PHASE_REPLY, background)) {
		ret = reply_unseen(set, fm, args, ret);
		goto out;
	}
	/* The end of a directory has no entry that a program could be asked about. */
	if (dir && ret >= 0) {
		ret = extfuse_dirents_filter(&run, prog, ret, last);
		if (ret)
			*last = 0;
	} else {
		ret = reply_one(&run, prog, ret);
	}
	extfuse_run_keep(&run);
out:
	rcu_read_unlock_trace();
	return ret;
}

/* All of a buffer was hidden: the caller gets what is behind it. */
static ssize_t dir_go_on(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
			 u64 offset)
{
	/* In the caller's struct fuse_io_args, which is not const. */
	struct fuse_read_in *in = (void *)extfuse_in(args, 0)->value;
	u64 before = in->offset;
	ssize_t ret;

	if (fatal_signal_pending(current))
		return -EINTR;
	in->offset = offset;
	args->out_args[0].size = in->size;
	args->ext.replied = false;
	ret = args->ext.ff ? extfuse_pass(xc, fm, args) : fuse_daemon_request(fm, args);
	in->offset = before;
	return ret;
}

/*
 * extfuse_reply - the reply phase of a request that went to the daemon
 * @ret:	what the stock way made of it
 *
 * Returns what the caller gets.
 */
ssize_t extfuse_reply(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args,
		      ssize_t ret, bool background)
{
	u64 last;

	do {
		/* Aborted, interrupted or never sent: nobody's word. */
		if (!args->ext.replied)
			return ret;
		/*
		 * libfuse's high level, and others, read a directory as a whole
		 * when it is opened or first read: the reply is as old as that.
		 */
		if (unlikely(extfuse_opcode_get(args->opcode)->flags & EXTFUSE_OP_DIR_REPLY))
			args->ext.stamp = args->ext.open_stamp;
		/* What was passed through is kept by nobody who could be wrong about it. */
		if (ret >= 0 && !args->ext.pass)
			reply_learn(xc, args, ret);
		if (!args->ext.set_id || !(READ_ONCE(xc->reply_ops) & BIT_ULL(args->opcode)))
			return ret;
		ret = reply_ask(xc, fm, args, ret, background, &last);
		if (last)
			ret = dir_go_on(xc, fm, args, last);
	} while (last && ret > 0);
	return ret;
}
