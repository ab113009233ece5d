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
 * lock of a slot is the innermost of all; a reader takes none.
 */
#include "fuse_i.h"
#include "slots.h"
#include <linux/hash.h>
#include <linux/stringhash.h>

static atomic64_t conns;

/* With @names_dir all names of a directory share a slot (daemons that fold case). */
u16 extfuse_slot_of_name(bool names_dir, u64 parent, const char *name, unsigned int len)
{
	u64 h = parent * __EXTFUSE_KIND_MAX + EXTFUSE_KIND_NAME;

	if (names_dir)
		return extfuse_slot_of_names(parent);
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
	atomic64_set(&xc->clock, atomic64_inc_return(&conns) << ilog2(EXTFUSE_TEST_STAMPS));
	slot_init(&xc->epoch);
	slot_init(&xc->policy);
	for (i = 0; i < EXTFUSE_SLOTS; i++)
		slot_init(&xc->slots[i]);
}

/*
 * One atomic step for all that change: the clock moves on, the slot's last
 * change is now.  For readers without the lock (extfuse_slot_is_fresh())
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

/* What is older than that is old. */
static void slot_raise(struct extfuse_conn *xc, u16 number, u64 clock)
{
	struct extfuse_slot *slot = &xc->slots[number];

	raw_spin_lock(&slot->lock);
	if (clock > slot->last)
		WRITE_ONCE(slot->last, clock);
	raw_spin_unlock(&slot->lock);
}

/* A changing request has the slot in flight. */
void extfuse_slot_begin(struct extfuse_conn *xc, u16 slot)
{
	slot_change(xc, &xc->slots[slot], 1);
}

void extfuse_slot_end(struct extfuse_conn *xc, u16 slot)
{
	slot_change(xc, &xc->slots[slot], -1);
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

/* While the slot is in flight: what is fresh by it afterwards is not counted as of before. */
static void policy_count(struct extfuse_conn *xc)
{
	raw_spin_lock(&xc->policy.lock);
	if (xc->policies < EXTFUSE_POLICIES_MAX)
		WRITE_ONCE(xc->policies, xc->policies + 1);
	raw_spin_unlock(&xc->policy.lock);
}

/*
 * A policy comes, goes, or is lost: what began before the release is overtaken
 * by it, and begins anew for as long as it is held.  So the holder stays on the
 * processor, as with a seqcount: nothing in between sleeps.
 */
void extfuse_policy_hold(struct extfuse_conn *xc)
{
	preempt_disable();
	/* What it covers is known by then, and the sets are exchanged after. */
	smp_mb();
	slot_change(xc, &xc->policy, 1);
	policy_count(xc);
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
	/* A stamp that is read after this is beyond the change. */
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
 * older ones die; of the other @kinds it says nothing, and what was read at the
 * same clock may be older than the change.
 */
void extfuse_node_cap(struct extfuse_conn *xc, u64 nodeid, u64 stamp, u8 kinds)
{
	slot_raise(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR), stamp);
	extfuse_node_move(xc, nodeid, kinds);
}

/*
 * extfuse_node_opened - the node is opened, and its attributes are of now: see cto.c
 * @dir:	it is a directory
 *
 * A change that somebody else has made in between shows in them just as one of ours does:
 * what was known before the last change is old.  That may be one of attributes alone: the
 * reply to a SETATTR has those of others in it, and fuse takes them.  So are names, and
 * those that were confirmed since, by what was known before.
 */
void extfuse_node_opened(struct extfuse_conn *xc, u64 nodeid, bool dir)
{
	u16 data = extfuse_slot_of_node(nodeid, EXTFUSE_KIND_DATA);
	u64 attr = READ_ONCE(xc->slots[extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR)].last);
	u64 last = max(attr, READ_ONCE(xc->slots[data].last));
	struct extfuse_slot *names = &xc->slots[extfuse_slot_of_names(nodeid)];

	slot_raise(xc, data, last);
	slot_raise(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_XATTR), last);
	if (dir && READ_ONCE(names->last) < last)
		slot_change(xc, names, 0);
	/* As in extfuse_node_move(). */
	smp_mb();
}

/* Everything that bpf_extfuse_fresh() said yes to, asked again. */
bool extfuse_proofs_fresh(struct extfuse_conn *xc, const struct extfuse_proof *proofs,
			  unsigned int n)
{
	for (; n; n--, proofs++) {
		if (!extfuse_epoch_fresh(xc, proofs->stamp))
			return false;
		if (proofs->slot < EXTFUSE_SLOTS &&
		    !extfuse_slot_fresh(xc, proofs->slot, proofs->stamp))
			return false;
	}
	return true;
}
