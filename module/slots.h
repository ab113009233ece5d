/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots, see slots.c: is what was read at a stamp still fresh?
 */
#ifndef _EXTFUSE_SLOTS_H
#define _EXTFUSE_SLOTS_H

#include <linux/hash.h>

/* All that is known of a node, as bits. */
#define EXTFUSE_ALL_KINDS	(BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR))

/*
 * Of no node: its attributes are the rights of all directories, on which what ACCESS says
 * of a file rests, too, where a daemon goes by paths.
 */
#define EXTFUSE_RIGHTS		0

/* What bpf_extfuse_fresh() said yes to, to be asked again at the end. */
#define EXTFUSE_FRESH_MAX	4

struct extfuse_proof {
	u16 slot;
	u64 stamp;
};

static inline u64 extfuse_stamp(const struct extfuse_conn *xc)
{
	/* Before the set is looked at: see extfuse_is_overtaken(). */
	return atomic64_read_acquire(&xc->clock);
}

static inline u16 extfuse_slot_of_node(u64 nodeid, unsigned int kind)
{
	return hash_64(nodeid * __EXTFUSE_KIND_MAX + kind, ilog2(EXTFUSE_SLOTS));
}

/* Of all names of a directory. */
static inline u16 extfuse_slot_of_names(u64 dir)
{
	return extfuse_slot_of_node(dir, EXTFUSE_KIND_NAME);
}

u16 extfuse_slot_of_name(bool names_dir, u64 parent, const char *name, unsigned int len);
void extfuse_slots_init(struct extfuse_conn *xc);
void extfuse_slot_begin(struct extfuse_conn *xc, u16 slot);
void extfuse_slot_end(struct extfuse_conn *xc, u16 slot);

/*
 * Without the lock: slots.c stores last before it releases the last in_flight.
 * Seeing none in flight implies seeing the clock of all that have ended.
 */
static inline bool extfuse_slot_is_fresh(const struct extfuse_slot *slot, u64 stamp)
{
	/* Pairs with the release in slot_change(). */
	return !smp_load_acquire(&slot->in_flight) && READ_ONCE(slot->last) <= stamp;
}

static inline bool extfuse_slot_fresh(const struct extfuse_conn *xc, u16 slot, u64 stamp)
{
	return extfuse_slot_is_fresh(&xc->slots[slot], stamp);
}

static inline bool extfuse_epoch_fresh(const struct extfuse_conn *xc, u64 stamp)
{
	return extfuse_slot_is_fresh(&xc->epoch, stamp);
}

/*
 * Has somebody locked the node?  For good: what a lock rests on, the daemon alone knows.
 * Two nodes in one slot cost a request.
 */
static inline void extfuse_locked_note(struct extfuse_conn *xc, u64 nodeid)
{
	u16 slot = extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR);

	if (!test_bit(slot, xc->locked))
		set_bit(slot, xc->locked);
	/* Before the lock is asked for: who closes a file after that sees it. */
	smp_mb__after_atomic();
}

static inline bool extfuse_may_be_locked(const struct extfuse_conn *xc, u64 nodeid)
{
	return test_bit(extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR), xc->locked);
}

/* Have neither attributes nor data of the node moved since? */
static inline bool extfuse_node_fresh(const struct extfuse_conn *xc, u64 nodeid, u64 since)
{
	return extfuse_epoch_fresh(xc, since) &&
	       extfuse_slot_fresh(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_ATTR), since) &&
	       extfuse_slot_fresh(xc, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_DATA), since);
}

/* No change has begun or ended since the request began. */
static inline bool extfuse_is_quiet(const struct extfuse_conn *xc, const struct fuse_args *args)
{
	return extfuse_stamp(xc) == args->ext.stamp;
}

bool extfuse_proofs_fresh(struct extfuse_conn *xc, const struct extfuse_proof *proofs,
			  unsigned int n);
void extfuse_node_move(struct extfuse_conn *xc, u64 nodeid, u8 kinds);
void extfuse_name_move(struct extfuse_conn *xc, u64 parent, const char *name, unsigned int len);
void extfuse_node_cap(struct extfuse_conn *xc, u64 nodeid, u64 stamp, u8 kinds);
void extfuse_node_opened(struct extfuse_conn *xc, u64 nodeid, bool dir);
void extfuse_epoch_move(struct extfuse_conn *xc);
void extfuse_epoch_hold(struct extfuse_conn *xc);
void extfuse_epoch_release(struct extfuse_conn *xc);
void extfuse_policy_hold(struct extfuse_conn *xc);
void extfuse_policy_release(struct extfuse_conn *xc);

#endif /* _EXTFUSE_SLOTS_H */
