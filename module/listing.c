// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the entries of a listing: the reply program is asked about each,
 * of a daemon or of a program, and lookup counts are settled.
 *
 * An entry that is hidden leaves the buffer, and what its READDIRPLUS entry
 * counted goes back to the daemon at once.  The entry before it takes over its
 * offset, so that the next READDIR goes on behind what was hidden.
 */
#include "fuse_i.h"
#include "attr.h"
#include "context.h"
#include "dirents.h"
#include "inode.h"
#include "listing.h"
#include "merge.h"
#include "params.h"
#include "pay.h"
#include "run.h"
#include "slots.h"
#include "stats.h"
#include <linux/dcache.h>

/*
 * A READDIRPLUS entry of a program keeps its node only where a hashed dentry
 * has it already, with the attributes that the entry says, and can pay the
 * count; else it is a name only.
 */
static void entry_own(const struct extfuse_run *run, struct dentry *dir, struct extfuse_entry *e, u64 stamp)
{
	struct fuse_entry_out *out = e->out;
	struct dentry *dentry = NULL;
	struct inode *inode;
	bool keep = false;

	if (out->nodeid && !extfuse_dirent_is_dot(e->dirent) && dir && !fuse_invalid_attr(&out->attr))
		dentry = extfuse_dirent_lookup(dir, e->dirent);
	if (dentry) {
		inode = d_inode(dentry);
		keep = inode && !fuse_is_bad(inode) && out->nodeid == get_node_id(inode) &&
		       !fuse_stale_inode(inode, out->generation, &out->attr) &&
		       extfuse_attr_same(inode, &out->attr) &&
		       extfuse_slot_fresh(run->xc, extfuse_slot_of_node(out->nodeid,
									EXTFUSE_KIND_ATTR),
					  stamp) &&
		       extfuse_entry_pay(inode);
		dput(dentry);
	}
	if (!keep)
		memset(out, 0, sizeof(*out));
	else
		extfuse_entry_cap(out, READ_ONCE(run->xc->longest_attr),
				  READ_ONCE(run->xc->longest_entry));
}

/*
 * extfuse_dirents_own - the last step of a READDIRPLUS answer of a program
 * @size:	bytes in the output
 * @stamp:	what its attributes must not be older than: the least of its proofs
 *
 * Pays the counts that the caller will raise; the answer cannot be taken back.
 */
void extfuse_dirents_own(const struct extfuse_run *run, u32 size, u64 stamp)
{
	void *buf = extfuse_out_map(run->args), *p = buf;
	struct dentry *dir = NULL;
	struct extfuse_entry e;

	if (run->args->ext.inode)
		dir = d_find_any_alias(run->args->ext.inode);
	for (; extfuse_entry_next(p, size, true, &e); p += e.reclen, size -= e.reclen)
		entry_own(run, dir, &e, stamp);
	dput(dir);
	extfuse_out_unmap(run->args, buf);
}

static bool entry_pay(struct dentry *dir, const struct extfuse_entry *e)
{
	struct dentry *dentry = dir ? extfuse_dirent_lookup(dir, e->dirent) : NULL;
	struct inode *inode = dentry ? d_inode(dentry) : NULL;
	bool paid;

	paid = inode && get_node_id(inode) == e->out->nodeid && extfuse_entry_pay(inode);
	dput(dentry);
	return paid;
}

/*
 * extfuse_dirents_pay - the last step of a READDIRPLUS that was passed through
 * @size:	bytes in the output
 *
 * Nodes pay the counts that the caller will raise.  An entry whose node cannot
 * is a name only; one that the reply program has hidden has cost nothing.
 */
void extfuse_dirents_pay(const struct fuse_args *args, u32 size)
{
	struct dentry *dir = d_find_any_alias(args->ext.inode);
	void *buf = extfuse_out_map(args), *p = buf;
	struct extfuse_entry e;

	for (; extfuse_entry_next(p, size, true, &e); p += e.reclen, size -= e.reclen) {
		if (e.out->nodeid && !entry_pay(dir, &e))
			memset(e.out, 0, sizeof(*e.out));
	}
	extfuse_out_unmap(args, buf);
	dput(dir);
}

/* The daemon counted this entry, if it is the daemon's; nobody here will. */
static int entry_forget(const struct extfuse_run *run, const struct extfuse_entry *e)
{
	if (run->own_entries || run->args->ext.pass == EXTFUSE_PASS_DONE)
		return 0;
	if (!e->out || !e->out->nodeid || extfuse_dirent_is_dot(e->dirent))
		return 0;
	return extfuse_pay_forget(run->fm->fc, e->out->nodeid);
}

/* True: keep.  Changes of lifetimes are taken, as in reply.c. */
static bool entry_ask(struct extfuse_run *run, const struct bpf_prog *prog, struct extfuse_entry *e)
{
	bool own = run->own_entries;
	int verdict;

	/* What the program has written for the entry before is not this one's. */
	if (!fuse_to_extfuse_req(run, EXTFUSE_PHASE_REPLY, run->args->end))
		return true;
	run->own_entries = own;
	run->entry = e->out;
	run->dirent = e->dirent;
	run->req.flags |= EXTFUSE_F_ENTRY;
	run->req.num_out = e->out ? 2 : 1;
	run->req.out_size[0] = e->out ? sizeof(*e->out) : FUSE_NAME_OFFSET + e->dirent->namelen;
	run->req.out_size[1] = e->out ? FUSE_NAME_OFFSET + e->dirent->namelen : 0;
	if (e->out && e->out->nodeid)
		extfuse_entry_until(run, e->out);

	extfuse_count(run->xc, run->args->opcode, replies);
	verdict = extfuse_run_prog(run, prog);
	extfuse_run_keep(run);
	run->entry = NULL;
	run->dirent = NULL;
	if (!verdict && run->staged && e->out && e->out->nodeid) {
		extfuse_entry_merge(run, e->out, e->dirent->name, e->dirent->namelen);
		extfuse_count(run->xc, run->args->opcode, changed);
	}
	if (verdict >= 0 || verdict <= -512 || verdict == EXTFUSE_UPCALL ||
	    run->set->flags & EXTFUSE_ATTACH_HIDES_NONE)
		return true;
	extfuse_count(run->xc, run->args->opcode, changed);
	/* A program that hides "." breaks more than it protects. */
	return extfuse_dirent_is_dot(e->dirent);
}

/*
 * One buffer; *left is what is left of it, *last the last offset in it.  -ENOMEM: what
 * is left is all that the daemon must still get back.
 */
static int entries_filter(struct extfuse_run *run, const struct bpf_prog *prog, u32 size, u32 *left,
			  u64 *last)
{
	bool plus = run->args->opcode == FUSE_READDIRPLUS;
	void *buf = extfuse_out_map(run->args), *from = buf, *to = buf;
	struct fuse_dirent *before = NULL;
	struct extfuse_entry e;
	int err = 0;

	for (; extfuse_entry_next(from, size, plus, &e); from += e.reclen, size -= e.reclen) {
		*last = e.dirent->off;
		if (entry_ask(run, prog, &e)) {
			memmove(to, from, e.reclen);
			before = to + ((void *)e.dirent - from);
			to += e.reclen;
			continue;
		}
		err = entry_forget(run, &e);
		if (err)
			break;
		if (before)
			before->off = *last;
	}
	/* fuse itself says EIO to what is no entry; one that is cut off it passes over. */
	if (err || extfuse_entry_is_malformed(from, size, plus)) {
		memmove(to, from, size);
		to += size;
	}
	*left = to - buf;
	extfuse_out_unmap(run->args, buf);
	return err;
}

/*
 * extfuse_dirents_filter - asks the reply program about each entry of a reply
 * @len:	bytes in the output
 * @last:	out: the last offset in it
 *
 * Returns the new length.  0 where something was there means that all of it is
 * hidden, not that the directory ends: the caller asks for what is behind
 * @last.  -ENOMEM: the caller refuses the reply and pays it back.
 */
ssize_t extfuse_dirents_filter(struct extfuse_run *run, const struct bpf_prog *prog, u32 len,
			       u64 *last)
{
	u32 left;
	int err = entries_filter(run, prog, len, &left, last);

	run->args->out_args[0].size = left;
	return err ? err : (ssize_t)left;
}

/*
 * A listing that will be looked at, by the kernel or by a program, is held before it is
 * sent: later, the daemon has counted its entries.
 */
int extfuse_listing_hold(struct fuse_args *args, u64 ops)
{
	if (args->opcode != FUSE_READDIRPLUS && !(ops & BIT_ULL(args->opcode)))
		return 0;
	if (extfuse_memory_lacks(EXTFUSE_MEMORY_LISTING))
		return -ENOMEM;
	return extfuse_out_hold(args);
}
