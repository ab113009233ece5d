// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dentries of a tree: is a name still what it was found to be?
 *
 * Each holds the dentry below of its name.  As long as that is where it was, under the
 * same name, with the same inode or still with none, the name is as it was found: that
 * is exact, takes no lock and no request, and is asked at each step of a walk.  What
 * differs is looked up anew; who makes, moves and removes names below tells nobody.
 *
 * What a look has found is remembered with the d_seq of both dentries, so that the next
 * one compares those alone (extfuse_entry_seen()).
 *
 * A name that differs is dropped, and with it what is mounted at or below it.  So one
 * that is about to move must not look different: between the rename below and that of
 * our dentries, which the VFS does when it has unlocked nothing yet, a name below is
 * elsewhere already.  Its directory remembers which dentry that is, and as of which
 * d_seq: d_move() changes that, and the VFS always calls it after a success.  That the
 * directory is locked does not suffice, for who holds the lock himself must not take
 * other names to be as they were.
 */
#include "fuse_i.h"
#include "tree/entry.h"
#include "tree/tree.h"
#include "compat/entry.h"
#include "compat/names.h"

void extfuse_entry_low_set(struct dentry *entry, struct dentry *low)
{
	spin_lock(&entry->d_lock);
	/* It does not expire: dput() need not ask. */
	entry->d_flags &= ~DCACHE_OP_DELETE;
	low = extfuse_entry_low_xchg(entry, low);
	/* What was seen was the old one; who makes or finds the name says as of when. */
	if (entry->d_time & EXTFUSE_ENTRY_SEEN)
		WRITE_ONCE(entry->d_time, 0);
	spin_unlock(&entry->d_lock);
	/* Walkers in RCU mode read the old one for as long as they are at it. */
	dput(low);
}

/* Call site: ->d_release(). */
void extfuse_entry_release(struct dentry *entry)
{
	struct dentry *low = extfuse_entry_low(entry);

	if (low)
		extfuse_low_put(entry->d_sb, low);
}

/* Call sites: a directory had a dentry elsewhere already, which has been moved here and stands for @entry. */
void extfuse_entry_splice(struct dentry *entry, struct dentry *other)
{
	struct dentry *low = extfuse_entry_low(entry);

	if (low && extfuse_entry_low(other) != low)
		extfuse_entry_low_set(other, dget(low));
}

/*
 * extfuse_entry_moves - the dentry is about to move, in one of the two places for that
 * @dir:	its directory, locked
 * @slot:	0 for the old name, 1 for the new one
 * @entry:	NULL: it has not moved
 */
void extfuse_entry_moves(struct inode *dir, unsigned int slot, const struct dentry *entry)
{
	struct fuse_inode *fi = get_fuse_inode(dir);

	WRITE_ONCE(fi->ext.moved_seq[slot], entry ? raw_read_seqcount(&entry->d_seq) : 0);
	WRITE_ONCE(fi->ext.moved[slot], entry);
	/* Pairs with that in entry_look(): who sees the name below move sees this. */
	smp_mb();
}

static bool entry_is_moving(const struct dentry *entry, unsigned int seq, struct inode *dir)
{
	struct fuse_inode *fi = get_fuse_inode(dir);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fi->ext.moved); i++) {
		/* A dentry may come to be where another was, even with the same count. */
		if (READ_ONCE(fi->ext.moved[i]) == entry && READ_ONCE(fi->ext.moved_seq[i]) == seq)
			return inode_is_locked(dir);
	}
	return false;
}

/* Length and text belong together as long as @seq holds. */
static bool name_take(struct qstr *name, const struct dentry *dentry, unsigned int seq)
{
	name->len = READ_ONCE(dentry->d_name.len);
	name->name = READ_ONCE(dentry->d_name.name);
	return !read_seqcount_retry(&dentry->d_seq, seq);
}

/* As the directory below compares them: it may fold case. */
static bool name_same(const struct dentry *low, const struct qstr *of_low, const struct qstr *name)
{
	if (unlikely(READ_ONCE(low->d_flags) & DCACHE_OP_COMPARE))
		return !low->d_op->d_compare(low, of_low->len, of_low->name, name);
	return of_low->len == name->len && !memcmp(of_low->name, name->name, name->len);
}

/* A look at a name, under RCU. */
struct look {
	struct dentry *entry;
	struct dentry *low;
	struct inode *dir;
	struct inode *inode;		/* NULL: none has the name */
	struct inode *low_inode;
	unsigned int seq;		/* of @entry */
	unsigned int low_seq;
};

/* The inode here is the one for that below. */
static bool look_is_same(const struct look *look)
{
	const struct dentry *low = extfuse_low(look->inode);

	return look->low_inode && low && d_inode_rcu(low) == look->low_inode;
}

static bool look_fits(const struct look *look)
{
	struct qstr name, of_low;

	if (READ_ONCE(look->low->d_parent) != extfuse_low(look->dir) || d_unhashed(look->low))
		return false;
	if (look->inode ? !look_is_same(look) : !!look->low_inode)
		return false;
	return name_take(&name, look->entry, look->seq) && name_take(&of_low, look->low, look->low_seq) &&
	       name_same(look->low, &of_low, &name);
}

static bool look_is_over(const struct look *look)
{
	return read_seqcount_retry(&look->low->d_seq, look->low_seq) ||
	       read_seqcount_retry(&look->entry->d_seq, look->seq);
}

static void look_take(struct look *look)
{
	look->dir = d_inode_rcu(READ_ONCE(look->entry->d_parent));
	look->inode = d_inode_rcu(look->entry);
	look->low_inode = d_inode_rcu(look->low);
}

/* Are programs to be asked whether the caller gets the name?  A policy may tell callers apart, or has come or gone since. */
static bool entry_is_asked(const struct dentry *entry)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(entry->d_sb));

	return READ_ONCE(xc->names_asked) || extfuse_entry_is_old(entry);
}

/*
 * @seen was so before all that was looked at.  Names that fold, and dentries that their
 * file system wants to be asked about, are looked at each time.
 */
static void entry_remember(struct dentry *entry, const struct dentry *low, u64 seen)
{
	if (READ_ONCE(low->d_flags) & (DCACHE_OP_COMPARE | DCACHE_OP_REVALIDATE) ||
	    (seen & EXTFUSE_POLICIES_MAX) == EXTFUSE_POLICIES_MAX)
		return;
	spin_lock(&entry->d_lock);
	if (extfuse_entry_low(entry) == low)
		WRITE_ONCE(entry->d_time, seen);
	spin_unlock(&entry->d_lock);
}

/* In RCU walk: 1, or -ECHILD: only who may wait can tell. */
static int entry_look_rcu(struct dentry *entry, struct dentry *low)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn_super(entry->d_sb));
	struct look look = { .entry = entry, .low = low };
	u64 seen;

	look.seq = raw_seqcount_begin(&entry->d_seq);
	look.low_seq = raw_seqcount_begin(&low->d_seq);
	seen = extfuse_entry_seen(xc, look.seq, look.low_seq);
	/* The policies are counted before it is asked whether the name is older. */
	smp_rmb();
	look_take(&look);
	if (!look.dir || READ_ONCE(low->d_flags) & DCACHE_OP_REVALIDATE)
		return -ECHILD;
	if (!look_fits(&look) || (look.inode && extfuse_node_is_old(look.inode, look.low_inode)))
		return -ECHILD;
	if (look_is_over(&look) || entry_is_asked(entry))
		return -ECHILD;
	entry_remember(entry, low, seen);
	return 1;
}

/* extfuse_entry_low_get - what is below a dentry, with a reference; NULL: nothing, or it is on its way out */
struct dentry *extfuse_entry_low_get(const struct dentry *entry)
{
	struct dentry *low;

	rcu_read_lock();
	low = extfuse_entry_low(entry);
	if (low && !lockref_get_not_dead(&low->d_lockref))
		low = NULL;
	rcu_read_unlock();
	return low;
}

/* 1, 0, or an error: what the file system below says of a name that it wants to be asked about. */
static int entry_ask_below(const struct dentry *entry, unsigned int flags)
{
	struct dentry *low = extfuse_entry_low_get(entry);
	int ret;

	if (!low)
		return 0;
	ret = extfuse_low_revalidate(low, flags);
	dput(low);
	return ret;
}

enum {
	LOOK_DIFFERS,
	LOOK_FITS,
	LOOK_MOVES,	/* it is as it was, until it has moved; then it is looked at again */
	LOOK_ASKS,	/* it fits, and the file system below wants to be asked */
};

static int entry_look(struct dentry *entry)
{
	struct look look = { .entry = entry };
	int found = LOOK_DIFFERS;

	rcu_read_lock();
	do {
		look.seq = read_seqcount_begin(&entry->d_seq);
		look.low = extfuse_entry_low(entry);
		found = LOOK_DIFFERS;
		if (!look.low)
			break;
		look.low_seq = read_seqcount_begin(&look.low->d_seq);
		look_take(&look);
		if (look.dir && look_fits(&look))
			found = LOOK_FITS;
		/* Pairs with the barrier in extfuse_entry_moves(). */
		smp_rmb();
		if (found == LOOK_DIFFERS && look.dir && entry_is_moving(entry, look.seq, look.dir))
			found = LOOK_MOVES;
	} while (look_is_over(&look));
	if (found == LOOK_FITS && look.inode && extfuse_node_is_old(look.inode, look.low_inode))
		extfuse_node_renew(look.inode, look.low_inode);
	if (found == LOOK_FITS && READ_ONCE(look.low->d_flags) & DCACHE_OP_REVALIDATE)
		found = LOOK_ASKS;
	rcu_read_unlock();
	return found;
}

/*
 * extfuse_entry_moved - is the dentry about to move, or has it moved since @seq of its d_seq?
 *
 * Who asked about its name meanwhile was told of another.
 */
bool extfuse_entry_moved(struct dentry *entry, unsigned int seq)
{
	return entry_look(entry) == LOOK_MOVES || read_seqcount_retry(&entry->d_seq, seq);
}

/*
 * extfuse_entry_check - what fuse_dentry_revalidate() asks of a dentry that has one below
 *
 * 1: the name is what it was found to be; 0: it is not; -ECHILD: only out of RCU walk
 * can that be said; EXTFUSE_ENTRY_STOCK: it is, but programs are asked.
 */
int extfuse_entry_check(struct dentry *entry, struct dentry *low, unsigned int flags)
{
	int ret = 1;

	if (flags & LOOKUP_RCU)
		return entry_look_rcu(entry, low);
	switch (entry_look(entry)) {
	case LOOK_DIFFERS:
		/* Without a daemon nothing is looked up again; what is mounted below stays. */
		return !extfuse_conn_is_connected(get_fuse_conn_super(entry->d_sb));
	case LOOK_MOVES:
		return 1;
	case LOOK_ASKS:
		ret = entry_ask_below(entry, flags);
		break;
	}
	return ret == 1 && entry_is_asked(entry) ? EXTFUSE_ENTRY_STOCK : ret;
}
