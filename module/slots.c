// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: what the kernel knows about the freshness of names, attributes, data
 * and extended attributes of a connection (design section 6).
 *
 * A slot holds the clock of the last change of whatever hashes to it, and how
 * many changing requests have begun and not yet ended.  A thing that was read
 * by a request with stamp S is fresh while its slot has nothing in flight and
 * last <= S.  Why that is enough:
 *
 *   - a change that began before S and ends after it is in flight until its
 *     end sets last > S;
 *   - a change that begins after S sets last > S at once;
 *   - a change that ended before S was seen by the daemon before the request
 *     that carries S was sent.
 *
 * Two things in one slot cost a miss, never a wrong answer.  The table needs no
 * inode, outlives nodes, and is moved from any context but interrupts; the
 * lock of a slot is the innermost of all; who only looks takes none.
 */
#include "fuse_i.h"
#include <linux/hash.h>
#include <linux/stringhash.h>

static atomic64_t conns;

/* With @names_dir all names of a directory share a slot (daemons that fold case). */
u16 extfuse_slot_of_name(bool names_dir, u64 parent, const char *name, unsigned int len)
{
	u64 h = parent * __EXTFUSE_KIND_MAX + EXTFUSE_KIND_NAME;

	if (!names_dir)
		h ^= (u64)full_name_hash(NULL, name, len) << 20;
	return hash_64(h, ilog2(EXTFUSE_SLOTS));
}

static void slot_init(struct extfuse_slot *slot)
{
	raw_spin_lock_init(&slot->lock);
}

void extfuse_slots_init(struct extfuse_conn *xc)
{
	unsigned int i;

	BUILD_BUG_ON(!IS_ENABLED(CONFIG_DEBUG_SPINLOCK) && !IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) &&
		     sizeof(struct extfuse_slot) != 16);
	/* No two connections share a stamp: what one cached is never fresh on another. */
	atomic64_set(&xc->clock, atomic64_inc_return(&conns) << 40);
	slot_init(&xc->epoch);
	slot_init(&xc->policy);
	for (i = 0; i < EXTFUSE_SLOTS; i++)
		slot_init(&xc->slots[i]);
}

/*
 * One atomic step for all that change: the clock moves on, the slot's last
 * change is now.  For those who look without the lock (extfuse_slot_is_fresh())
 * a begin shows first in in_flight, an end first in last.
 */
static void slot_change(struct extfuse_conn *xc, struct extfuse_slot *slot, int in_flight)
{
	u64 now;

	raw_spin_lock(&slot->lock);
	if (in_flight > 0)
		WRITE_ONCE(slot->in_flight, slot->in_flight + 1);
	now = atomic64_inc_return(&xc->clock);
	if (now > slot->last)
		WRITE_ONCE(slot->last, now);
	if (in_flight < 0)
		/* Pairs with the acquire in extfuse_slot_is_fresh(). */
		smp_store_release(&slot->in_flight, slot->in_flight - 1);
	raw_spin_unlock(&slot->lock);
}

void extfuse_epoch_move(struct extfuse_conn *xc)
{
	slot_change(xc, &xc->epoch, 0);
	/* As in extfuse_node_move(). */
	smp_mb();
}

/* Nothing is fresh until it is released. */
void extfuse_epoch_hold(struct extfuse_conn *xc)
{
	slot_change(xc, &xc->epoch, 1);
	/* Before what it covers. */
	smp_mb();
}

void extfuse_epoch_release(struct extfuse_conn *xc)
{
	slot_change(xc, &xc->epoch, -1);
}

/*
 * A policy comes, goes, or is lost: what began before the release is overtaken
 * by it, and begins anew for as long as it is held.  So who holds it stays on the
 * processor, as with a seqcount: nothing in between sleeps.
 */
void extfuse_policy_hold(struct extfuse_conn *xc)
{
	preempt_disable();
	/* What it covers is known by then, and the sets are exchanged after. */
	smp_mb();
	slot_change(xc, &xc->policy, 1);
	/* A request that sees the sets being exchanged sees that it is overtaken. */
	smp_mb();
}

void extfuse_policy_release(struct extfuse_conn *xc)
{
	/* Takes the lock, and lets go of it, after the sets were exchanged. */
	slot_change(xc, &xc->policy, -1);
	/* A request that begins after this sees the new sets. */
	smp_mb();
	preempt_enable();
}

/* A change that happened elsewhere: a notification, an eviction. */
void extfuse_node_move(struct extfuse_conn *xc, u64 nodeid, u8 kinds)
{
	unsigned int kind;

	for (kind = 0; kind < EXTFUSE_KIND_NAME; kind++) {
		if (kinds & BIT(kind))
			slot_change(xc, &xc->slots[extfuse_slot_of_node(nodeid, kind)], 0);
	}
	/* Whoever reads a stamp after us sees a clock beyond the change. */
	smp_mb();
}

void extfuse_name_move(struct extfuse_conn *xc, u64 parent, const char *name, unsigned int len)
{
	u16 slot = extfuse_slot_of_name(READ_ONCE(xc->names_dir), parent, name, len);

	slot_change(xc, &xc->slots[slot], 0);
	/* As in extfuse_node_move(). */
	smp_mb();
}

/*
 * A reply showed a change that nobody told us of.  Its own attributes may live,
 * older ones die; of data and extended attributes it says nothing, and what was
 * read at the same clock may be older than the change.
 */
void extfuse_node_cap(struct extfuse_conn *xc, u64 nodeid, u64 stamp)
{
	struct extfuse_slot *slot = &xc->slots[extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR)];

	raw_spin_lock(&slot->lock);
	if (stamp > slot->last)
		WRITE_ONCE(slot->last, stamp);
	raw_spin_unlock(&slot->lock);
	extfuse_node_move(xc, nodeid, BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR));
}

static void mark_add(struct extfuse_conn *xc, struct fuse_args *args, u16 slot)
{
	if (WARN_ON_ONCE(args->ext.nmarks == EXTFUSE_MARKS_MAX))
		return;
	args->ext.mark[args->ext.nmarks++] = slot;
	slot_change(xc, &xc->slots[slot], 1);
}

static void mark_node(struct extfuse_conn *xc, struct fuse_args *args, u64 nodeid, u8 kinds)
{
	unsigned int kind;

	for (kind = 0; kind < EXTFUSE_KIND_NAME; kind++) {
		if (kinds & BIT(kind))
			mark_add(xc, args, extfuse_slot_of_node(nodeid, kind));
	}
}

static void mark_name(struct extfuse_conn *xc, struct fuse_args *args, bool names_dir, u64 parent,
		      unsigned int arg)
{
	unsigned int len;
	const char *name = extfuse_in_name(args, arg, &len);

	mark_add(xc, args, extfuse_slot_of_name(names_dir, parent, name, len));
}

/*
 * A request that can change something: before it is queued or asked about.  Its
 * slots are kept, so that at its end the same ones are let go.
 */
void extfuse_slots_begin(struct extfuse_conn *xc, struct fuse_args *args,
			 const struct extfuse_opcode *op)
{
	u8 kinds = op->kinds_of ? op->kinds_of(args) : op->kinds;
	bool names_dir = READ_ONCE(xc->names_dir);
	unsigned int i;

	args->ext.nmarks = 0;
	mark_node(xc, args, args->nodeid, kinds);
	if (op->name)
		mark_name(xc, args, names_dir, args->nodeid, op->name - 1);
	if (op->name2) {
		/* struct fuse_rename_in and fuse_rename2_in begin alike */
		u64 newdir = ((const struct fuse_rename_in *)args->in_args[0].value)->newdir;

		if (newdir != args->nodeid)
			mark_node(xc, args, newdir, kinds);
		mark_name(xc, args, names_dir, newdir, op->name2 - 1);
	}
	for (i = 0; op->children && i < ARRAY_SIZE(args->ext.child); i++) {
		if (args->ext.child[i])
			mark_node(xc, args, get_node_id(args->ext.child[i]),
				  BIT(EXTFUSE_KIND_ATTR));
	}
	if (op->out_kinds) {
		const struct fuse_copy_file_range_in *in = args->in_args[0].value;

		mark_node(xc, args, in->nodeid_out, op->out_kinds);
	}
	args->ext.marked = EXTFUSE_MARKED | (names_dir ? EXTFUSE_MARKED_NAMES_DIR : 0);
	/* Marked before the request is queued or a program is asked. */
	smp_mb();
}

/*
 * Stock fuse tells the caches of an inode about most changes itself, but not
 * about all (a new link under a path-based daemon, an ioctl), and not about
 * replies that are still on their way.  With lifetimes lengthened by a program
 * both would be wrong for long.
 */
void extfuse_inode_touch(struct inode *inode, u32 mask)
{
	struct fuse_inode *fi;

	if (!inode)
		return;
	fi = get_fuse_inode(inode);
	spin_lock(&fi->lock);
	fi->attr_version = atomic64_inc_return(&get_fuse_conn(inode)->attr_version);
	spin_unlock(&fi->lock);
	fuse_invalidate_attr_mask(inode, mask);
}

static u32 touch_mask(const struct fuse_args *args)
{
	const struct inode *inode = args->ext.inode;

	if (args->opcode != FUSE_WRITE)
		return STATX_BASIC_STATS;
	return FUSE_STATX_MODSIZE | (inode ? extfuse_setid_mask(inode) : 0);
}

static void inodes_touch(const struct fuse_args *args, const struct extfuse_opcode *op)
{
	/* Writeback may end under fi->lock; fuse looks after it. */
	if (extfuse_request_is_writeback(args))
		return;
	if (!op->out_kinds)
		extfuse_inode_touch(args->ext.inode, touch_mask(args));
	extfuse_inode_touch(args->ext.dir2, STATX_BASIC_STATS);
	extfuse_inode_touch(args->ext.child[0], STATX_BASIC_STATS);
	extfuse_inode_touch(args->ext.child[1], STATX_BASIC_STATS);
}

/* A RELEASE is over: where the name is gone, a hidden one went from its directory. */
static void hidden_gone(struct extfuse_conn *xc, struct dentry *dentry)
{
	struct dentry *parent;
	struct inode *dir;

	if (likely(!d_unlinked(dentry)))
		return;
	parent = dget_parent(dentry);
	dir = d_inode(parent);
	extfuse_node_move(xc, get_node_id(dir), BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA));
	extfuse_inode_touch(dir, STATX_BASIC_STATS);
	dput(parent);
}

/*
 * The request is over: answered, failed to be sent, or ended.  Before its
 * caller goes on, and exactly once.
 */
void extfuse_slots_end(struct extfuse_conn *xc, struct fuse_args *args,
		       const struct extfuse_opcode *op)
{
	u8 marked = args->ext.marked;
	bool names_dir = marked & EXTFUSE_MARKED_NAMES_DIR;
	unsigned int i;

	args->ext.marked = 0;
	if (!marked) {
		/* It was in flight at the first attach. */
		extfuse_epoch_move(xc);
		inodes_touch(args, op);
		return;
	}
	for (i = 0; i < args->ext.nmarks; i++)
		slot_change(xc, &xc->slots[args->ext.mark[i]], -1);
	/* Names are kept otherwise by now, or the opcode is not in our table. */
	if (names_dir != READ_ONCE(xc->names_dir) || op->flags & EXTFUSE_OP_UNKNOWN)
		extfuse_epoch_move(xc);
	/* The caller goes on, and others may learn from it that it is done. */
	smp_mb();
	if (args->ext.nmarks)
		inodes_touch(args, op);
	/* OPEN and COPY_FILE_RANGE keep something else in its place. */
	if (args->opcode == FUSE_RELEASE && args->ext.dentry)
		hidden_gone(xc, args->ext.dentry);
}

/*
 * extfuse_release_dentry - the name of a file that is released; takes a reference
 *
 * What a daemon that goes by paths is told to remove while it has it open gets a
 * hidden name, which it removes at RELEASE.  It has a file open until RELEASE is
 * there: a name that is removed while that is on its way is hidden as well.
 */
struct dentry *extfuse_release_dentry(const struct fuse_file *ff)
{
	return extfuse_conn_get(ff->fm->fc) ? dget(ff->ext_dentry) : NULL;
}

/*
 * extfuse_inode_learned - an inode has got the attributes of a reply
 *
 * fuse drops a reply that is older than what its inode has seen.  If the inode
 * was evicted meanwhile, and made anew for this reply, only the slots remember.
 */
void extfuse_inode_learned(struct inode *inode, u64 stamp)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));
	u16 slot;

	if (likely(!xc))
		return;
	slot = extfuse_slot_of_node(get_node_id(inode), EXTFUSE_KIND_ATTR);
	/* The attributes are there: a change that ends after this finds the inode. */
	smp_mb();
	if (!extfuse_epoch_fresh(xc, stamp) || !extfuse_slot_fresh(xc, slot, stamp))
		fuse_invalidate_attr(inode);
}
