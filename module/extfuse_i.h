/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a connection has of ours, and the programs of one attachment.  Included at
 * the end of the fork's fuse_i.h, so that the fork's files see the hooks and ours
 * see fuse.
 *
 * Order of locks: any lock of fuse (fi->lock too) > extfuse_slot.lock.
 * extfuse_conn.lock is inside the locks of fuse; its holder neither faults nor waits
 * for a request or a grace period.
 */
#ifndef _EXTFUSE_I_H
#define _EXTFUSE_I_H

#include <linux/bitmap.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/hash.h>
#include <linux/namei.h>
#include <linux/posix_acl.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>
#include <linux/xattr.h>
#include <linux/extfuse.h>
#include "compat/args.h"
#include "compat/conn.h"
#include "compat/via.h"
#include "kept.h"

#ifndef EXTFUSE_DEBUG
#define EXTFUSE_DEBUG	0	/* make EXTFUSE_DEBUG=y: assertions of hook.c */
#endif

/* What the kernel knows of the freshness of one thing, see slots.c. */
struct extfuse_slot {
	raw_spinlock_t lock;	/* innermost, for a few instructions; small under PREEMPT_RT too */
	u32 in_flight;		/* changing requests that have begun and not ended */
	u64 last;		/* clock of the last change */
};

#define EXTFUSE_POLICIES_MAX	GENMASK(9, 0)	/* struct extfuse_conn.policies fits in so many bits */

/*
 * What is filled field by field; the zeroes that the compiler would put there first
 * (INIT_STACK_ALL_ZERO) are a tenth of what a hit costs.
 */
#if __has_attribute(__uninitialized__)
#define extfuse_filled_by_hand	__attribute__((__uninitialized__))
#else
#define extfuse_filled_by_hand
#endif

/*
 * Result of what has not done a request, with its args as they were: it goes on, to
 * the file system below or to the daemon.  No error, and no verdict.
 */
#define EXTFUSE_NOT_DONE	(-MAX_ERRNO - 1)

struct extfuse_run;

#define EXTFUSE_SLOTS		8192
#define EXTFUSE_UPCALLS		64

/*
 * Programs of one attachment, and what requests must know of it: exchanged as one.
 * Its programs are run under RCU tasks trace, its words read under RCU, and it is
 * freed after both.  Where a FAIL_CLOSED set has lost its programs another takes its
 * place, which has none and covers the same.
 */
struct extfuse_set {
	u64 id;				/* 0: its programs were lost */
	u32 flags;			/* EXTFUSE_ATTACH_* */
	u64 max_attr_valid;		/* ns */
	u64 max_entry_valid;		/* ns */
	u64 request_ops;
	u64 reply_ops;
	u64 covered_ops;		/* FAIL_CLOSED: what nobody gets that it has not been asked about */
	u64 ops;			/* all of these */
	u64 plain_ops;			/* whose program is PASSTHROUGH and no more, and who have no reply program */
	u64 who_ops;			/* whose programs are told who asks */
	u64 close_valid;		/* ns */
	u32 max_kept;
	struct extfuse_set *when_lost;	/* FAIL_CLOSED: what takes its place */
	struct bpf_prog *request[EXTFUSE_OPCODES];
	struct bpf_prog *reply[EXTFUSE_OPCODES];
	char name[EXTFUSE_NAME_LEN];
	struct work_struct free_work;
	unsigned int nprogs;
	struct bpf_prog *progs[];	/* one reference each */
};

struct extfuse_stats {
	struct extfuse_op_stats op[EXTFUSE_OPCODES];
	u32 runs;
};

/*
 * Made at the first attach, published once in fuse_conn.extfuse, freed with
 * the connection.
 */
struct extfuse_conn {
	struct extfuse_set __rcu *set;
	struct extfuse_stats __percpu *stats;
	atomic64_t clock;
	struct extfuse_slot epoch;
	struct extfuse_slot policy;	/* FAIL_CLOSED sets that came, went, or were lost */
	u64 policy_ops;			/* what such sets have ever covered */
	bool names_dir;			/* names are kept by directory */
	bool names_asked;		/* in a tree: a policy is asked about each name, each time */
	u32 policies;			/* how many have come or gone; EXTFUSE_POLICIES_MAX: too many to tell */
	bool entry_progs;		/* a reply program may hide directory entries */
	bool plus;			/* EXTFUSE_ATTACH_RDIRPLUS */
	bool cto;			/* EXTFUSE_ATTACH_CTO, for good: names rest on their directory as well */
	bool slow_logged;
	bool folds_logged;
	bool writeback_logged;
	bool learned;			/* the daemon has said lifetimes */
	bool direct;			/* it has opened a file without the page cache */
	u64 longest_attr;		/* longest lifetimes this daemon gave, ns */
	u64 longest_entry;
	atomic_t bad_in_row;
	struct mutex lock;		/* attach, replace, detach, query */
	u32 state;			/* enum extfuse_state */
	char name[EXTFUSE_NAME_LEN];	/* of the last set */
	struct extfuse_backings __rcu *backings;	/* made with the first object */
	u32 max_backing;
	bool has_tree;			/* names are the kernel's: tree/ */
	const struct export_operations *stock_export;	/* of nodes that are not */
	struct work_struct tree_work;	/* the daemon is gone */
	struct fuse_conn *tree_fc;	/* a reference, for that */
	spinlock_t upcalls_lock;
	struct hlist_head upcalls[EXTFUSE_UPCALLS];	/* nodes of requests that the daemon is at work on */
	struct extfuse_kept kept;
	DECLARE_BITMAP(locked, EXTFUSE_SLOTS);	/* a node with that slot was locked, by its attributes' */
	struct extfuse_slot slots[EXTFUSE_SLOTS];
};

/* main.c, and the fork's own start and end */
int fuse_core_init(void);
void fuse_core_exit(void);

/* The one branch that a connection without extfuse pays. */
static inline struct extfuse_conn *extfuse_conn_get(const struct fuse_conn *fc)
{
	/* Pairs with the release in extfuse_conn_make(). */
	return smp_load_acquire(&fc->extfuse);
}

/*
 * extfuse_set_ops(), _reply_ops(), _covered_ops() - that word of the set that is there
 *
 * 0: there is none.  What it says may be over at once; what must not rest on a set
 * that is gone asks extfuse_is_overtaken() afterwards.
 *
 * A set is freed after synchronize_rcu(), which waits for these sections as well; with
 * PREEMPT_RCU the ones of rcu_read_lock() are two calls, which each request would feel.
 */
#define EXTFUSE_SET_WORD(word)							\
static inline u64 extfuse_set_##word(const struct extfuse_conn *xc)		\
{										\
	const struct extfuse_set *set;						\
	u64 ops;								\
										\
	rcu_read_lock_sched();							\
	set = rcu_dereference_sched(xc->set);					\
	ops = set ? set->word : 0;						\
	rcu_read_unlock_sched();						\
	return ops;								\
}

EXTFUSE_SET_WORD(ops)
EXTFUSE_SET_WORD(reply_ops)
EXTFUSE_SET_WORD(covered_ops)
EXTFUSE_SET_WORD(plain_ops)
EXTFUSE_SET_WORD(flags)

#include "extfuse_sites.h"

#endif /* _EXTFUSE_I_H */
