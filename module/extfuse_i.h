/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module share.  Included at the end of the fork's
 * fuse_i.h, so that the fork's files see the hooks and ours see fuse.
 *
 * Order of locks: any lock of fuse (fi->lock too) > extfuse_slot.lock.
 * extfuse_conn.lock is inside the locks of fuse; who holds it neither faults nor
 * waits for a request or a grace period.
 */
#ifndef _EXTFUSE_I_H
#define _EXTFUSE_I_H

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
#include "compat/passthrough.h"

#ifndef EXTFUSE_DEBUG
#define EXTFUSE_DEBUG	0	/* make EXTFUSE_DEBUG=y: assertions of hook.c */
#endif

struct extfuse_run;

/* What the kernel knows of the freshness of one thing, see slots.c. */
struct extfuse_slot {
	raw_spinlock_t lock;	/* innermost, for a few instructions; small under PREEMPT_RT too */
	u32 in_flight;		/* changing requests that have begun and not ended */
	u64 last;		/* clock of the last change */
};

#define EXTFUSE_SLOTS		8192
#define EXTFUSE_BAD_VERDICTS	1000	/* in a row, then the set is detached */

/* Programs of one attachment; read under RCU tasks trace, freed by a work item. */
struct extfuse_set {
	u64 id;
	u32 flags;			/* EXTFUSE_ATTACH_* */
	u64 max_attr_valid;		/* ns */
	u64 max_entry_valid;		/* ns */
	u64 request_ops;
	u64 reply_ops;
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
	u64 policy_now;			/* what the one that is there, or was lost, covers */
	u64 ops;			/* what the set has or what is closed, or more */
	u64 reply_ops;			/* ... of it where the reply is looked at */
	bool names_dir;			/* names are kept by directory */
	bool entry_progs;		/* a reply program sees directory entries */
	bool slow_logged;
	bool folds_logged;
	bool writeback_logged;
	u64 closed_ops;			/* FAIL_CLOSED: opcodes that are -EIO now */
	u64 longest_attr;		/* longest lifetimes this daemon gave, ns */
	u64 longest_entry;
	atomic_t bad_in_row;
	struct mutex lock;		/* attach, replace, detach, query */
	u32 state;			/* enum extfuse_state */
	char name[EXTFUSE_NAME_LEN];	/* of the last set */
	struct extfuse_backings __rcu *backings;	/* made with the first object */
	u32 max_backing;
	struct extfuse_slot slots[EXTFUSE_SLOTS];
};

/* What bpf_extfuse_fresh() said yes to, to be asked again at the end. */
#define EXTFUSE_FRESH_MAX	4
struct extfuse_proof {
	u16 slot;
	u64 stamp;
};

/* Bits of extfuse_run.proven: what the proofs cover. */
#define EXTFUSE_PROVEN(kind)	(1U << (kind))		/* of the request's node */
#define EXTFUSE_PROVEN_CHILD	(1U << __EXTFUSE_KIND_MAX)	/* attributes of child[0] */

/*
 * Private state of one run of a program, on the stack.  A program has a
 * pointer to @req and cannot reach the rest; the kfuncs find it by @run_ctx.
 * It may write to @req: once a program has run only the cookies are read there.
 */
struct extfuse_run {
	struct bpf_tramp_run_ctx run_ctx;
	struct fuse_mount *fm;
	struct fuse_args *args;
	struct extfuse_conn *xc;
	const struct extfuse_set *set;
	void *entry;			/* F_ENTRY: fuse_entry_out, or NULL */
	struct fuse_dirent *dirent;	/* F_ENTRY */
	u64 now;			/* as @req says it */
	u32 out_room[2];		/* sizes of the outputs as the caller gave them */
	u32 out_len[2];			/* bytes written */
	u8 phase;
	u8 out_written;			/* bit n: output n */
	u8 nproofs;
	u8 proven;
	bool staged;
	bool own_entries;		/* F_ENTRY: of a program, the daemon has not counted them */
	union {
		struct {		/* request phase */
			struct extfuse_proof proofs[EXTFUSE_FRESH_MAX];
		};
		union {			/* reply phase: written, not yet taken */
			struct fuse_entry_out stage_entry;
			struct fuse_attr_out stage_attr;
		};
	};
	struct extfuse_req req;
};

/*
 * A run is filled field by field; the zeroes that the compiler would put there
 * first (INIT_STACK_ALL_ZERO) are a tenth of what a hit costs.
 */
#if __has_attribute(__uninitialized__)
#define extfuse_filled_by_hand	__attribute__((__uninitialized__))
#else
#define extfuse_filled_by_hand
#endif

/* Outcome of looking at what a program answered. */
enum extfuse_outcome {
	EXTFUSE_ACCEPT,
	EXTFUSE_STALE,		/* the kernel knows better: upcall */
	EXTFUSE_PASS,		/* PASSTHROUGH: not answered, see extfuse_args.pass */
	EXTFUSE_BAD,		/* bad verdict: upcall */
};

/* opcode.c: what may happen to an opcode, and what it changes. */
#define EXTFUSE_OP_ASK		0x0001	/* programs are asked */
#define EXTFUSE_OP_ANSWER	0x0002	/* verdict 0 may stand */
#define EXTFUSE_OP_REFUSE	0x0004	/* verdict -E may stand */
#define EXTFUSE_OP_REFUSE_REPLY	0x0008	/* a reply program may return -E */
#define EXTFUSE_OP_CHANGES	0x0010	/* moves slots */
#define EXTFUSE_OP_ATTR_REPLY	0x0020	/* output 0 is struct fuse_attr_out */
#define EXTFUSE_OP_ENTRY_REPLY	0x0040	/* output 0 is struct fuse_entry_out */
#define EXTFUSE_OP_DIR_REPLY	0x0080	/* output is a buffer of entries */
#define EXTFUSE_OP_OPEN_REPLY	0x0100	/* output carries a handle */
#define EXTFUSE_OP_NEW_NODE	0x0200	/* the reply's node may be new */
#define EXTFUSE_OP_ALWAYS_UP	0x0400	/* reaches the daemon even FAIL_CLOSED */
#define EXTFUSE_OP_UNKNOWN	0x0800	/* not in the table */
#define EXTFUSE_OP_STATX_REPLY	0x1000	/* output 0 is struct fuse_statx_out */
/* The kernel itself looks at the reply, program or not. */
#define EXTFUSE_OP_LEARN	(EXTFUSE_OP_ATTR_REPLY | EXTFUSE_OP_ENTRY_REPLY | \
				 EXTFUSE_OP_DIR_REPLY | EXTFUSE_OP_STATX_REPLY)

struct extfuse_opcode {
	u16 flags;
	u8 kinds;		/* bit kind: moved on the request's node */
	u8 (*kinds_of)(const struct fuse_args *args);	/* ... where it depends */
	u8 name;		/* 1 + input that is a name in the request's node */
	u8 name2;		/* 1 + input that is a name in rename's new directory */
	bool children;		/* moves the attributes of child[] */
	u8 out_kinds;		/* moved on COPY_FILE_RANGE's output */
};

extern const struct extfuse_opcode extfuse_opcodes[EXTFUSE_OPCODES + 1];

static inline const struct extfuse_opcode *extfuse_opcode_get(u32 opcode)
{
	return &extfuse_opcodes[min_t(u32, opcode, EXTFUSE_OPCODES)];
}

bool extfuse_error_is_plain(const struct fuse_args *args, int error);
bool extfuse_request_is_writeback(const struct fuse_args *args);
bool extfuse_request_is_unlock(const struct fuse_args *args);

/* slots.c */
static inline u64 extfuse_stamp(const struct extfuse_conn *xc)
{
	/* Before the set is looked at: see extfuse_is_overtaken(). */
	return atomic64_read_acquire(&xc->clock);
}

static inline u16 extfuse_slot_of_node(u64 nodeid, unsigned int kind)
{
	return hash_64(nodeid * __EXTFUSE_KIND_MAX + kind, ilog2(EXTFUSE_SLOTS));
}

u16 extfuse_slot_of_name(bool names_dir, u64 parent, const char *name, unsigned int len);
void extfuse_slots_init(struct extfuse_conn *xc);

/*
 * Without the lock: slots.c stores last before it releases the last in_flight,
 * so who sees none in flight sees the clock of all that have ended.
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

void extfuse_node_move(struct extfuse_conn *xc, u64 nodeid, u8 kinds);
void extfuse_name_move(struct extfuse_conn *xc, u64 parent, const char *name, unsigned int len);
void extfuse_node_cap(struct extfuse_conn *xc, u64 nodeid, u64 stamp);
void extfuse_epoch_move(struct extfuse_conn *xc);
void extfuse_epoch_hold(struct extfuse_conn *xc);
void extfuse_epoch_release(struct extfuse_conn *xc);
void extfuse_policy_hold(struct extfuse_conn *xc);
void extfuse_policy_release(struct extfuse_conn *xc);
struct dentry *extfuse_release_dentry(const struct fuse_file *ff);
void extfuse_inode_learned(struct inode *inode, u64 stamp);
void extfuse_slots_begin(struct extfuse_conn *xc, struct fuse_args *args,
			 const struct extfuse_opcode *op);
void extfuse_slots_end(struct extfuse_conn *xc, struct fuse_args *args,
		       const struct extfuse_opcode *op);
void extfuse_inode_touch(struct inode *inode, u32 mask);

static inline void extfuse_marks_begin(struct extfuse_conn *xc, struct fuse_args *args,
				       const struct extfuse_opcode *op)
{
	args->ext.marked = 0;
	if (op->flags & EXTFUSE_OP_CHANGES)
		extfuse_slots_begin(xc, args, op);
}

static inline void extfuse_marks_end(struct extfuse_conn *xc, struct fuse_args *args,
				     const struct extfuse_opcode *op)
{
	if (op->flags & EXTFUSE_OP_CHANGES)
		extfuse_slots_end(xc, args, op);
}

/* context.c */
void extfuse_context_init(void);
bool fuse_to_extfuse_req(struct extfuse_run *run, u8 phase, bool background);
u32 extfuse_policy_flags(const struct extfuse_run *run);

/* What a program left in its cookies, for the next one that sees this request. */
static inline void extfuse_run_keep(const struct extfuse_run *run)
{
	memcpy(run->args->ext.cookie, run->req.cookie, sizeof(run->req.cookie));
}

/*
 * extfuse_is_overtaken - has a policy come, gone or been lost since a request
 *			  of this opcode began, at @stamp?
 *
 * False means that the set which saw it begin, or none, is still there: asked
 * after the reply program has run, it says that no policy has missed the reply.
 */
static inline bool extfuse_is_overtaken(const struct extfuse_conn *xc, u32 opcode, u64 stamp)
{
	/* The set that has seen the reply was read before. */
	smp_rmb();
	return unlikely(!extfuse_slot_is_fresh(&xc->policy, stamp)) &&
	       extfuse_opcode_get(opcode)->flags & EXTFUSE_OP_REFUSE_REPLY &&
	       READ_ONCE(xc->policy_ops) & BIT_ULL(opcode);
}

/* hook.c */
ssize_t extfuse_request_send(struct extfuse_conn *xc, struct fuse_mount *fm,
			     struct fuse_args *args);
ssize_t extfuse_plain_send(struct fuse_mount *fm, struct fuse_args *args);
int extfuse_run_prog(struct extfuse_run *run, const struct bpf_prog *prog);

/* check.c */
enum extfuse_outcome extfuse_answer_check(struct extfuse_run *run);
enum extfuse_outcome extfuse_absence_check(struct extfuse_run *run, int verdict);
/* No change has begun or ended since the request began. */
static inline bool extfuse_is_quiet(const struct extfuse_conn *xc, const struct fuse_args *args)
{
	return extfuse_stamp(xc) == args->ext.stamp;
}

bool extfuse_proofs_fresh(struct extfuse_conn *xc, const struct extfuse_proof *proofs,
			  unsigned int n);
bool extfuse_entry_pay(struct inode *inode);

/* reply.c */
ssize_t extfuse_reply(struct extfuse_conn *xc, struct fuse_mount *fm,
		      struct fuse_args *args, ssize_t ret, bool background);
void extfuse_entry_until(struct extfuse_run *run, const struct fuse_entry_out *out);
void extfuse_entry_merge(struct extfuse_run *run, struct fuse_entry_out *out,
			 const char *name, u32 namelen);
void extfuse_pay_forget(struct fuse_conn *fc, u64 nodeid);
bool extfuse_reply_undo(struct fuse_mount *fm, struct fuse_args *args, ssize_t ret, u32 room);

/* dirents.c */
static inline bool extfuse_dirent_is_dot(const struct fuse_dirent *dirent)
{
	return dirent->name[0] == '.' &&
	       (dirent->namelen == 1 || (dirent->namelen == 2 && dirent->name[1] == '.'));
}

enum extfuse_outcome extfuse_dirents_check(struct extfuse_run *run);
struct dentry *extfuse_dirent_lookup(struct dentry *dir, const struct fuse_dirent *dirent);
void extfuse_dirents_pay(const struct fuse_args *args, u32 size);
void extfuse_dirents_own(struct extfuse_run *run, u32 size, u64 stamp);
u32 extfuse_dirents_filter(struct extfuse_run *run, const struct bpf_prog *prog, u32 len,
			   u64 *last);
void extfuse_dirents_each(const struct fuse_args *args, u32 len,
			  void (*fn)(void *data, struct fuse_entry_out *out), void *data);

bool extfuse_dirents_equal(void *a, u32 alen, void *b, u32 blen, bool plus);

/* shadow.c */
void extfuse_shadow_keep(struct extfuse_run *run, int verdict);
void extfuse_shadow_drop(struct fuse_args *args);
void extfuse_shadow_compare(struct extfuse_conn *xc, struct fuse_args *args, ssize_t ret);

/* kfunc.c */
extern u64 extfuse_run_secret;
struct extfuse_run *extfuse_run_current(void);

/* Is the current task inside one of our programs? */
static inline bool extfuse_is_running(void)
{
	return current->bpf_ctx && extfuse_run_current();
}

int extfuse_kfunc_init(void);
bool extfuse_kfunc_is_ours(const void *addr, u32 btf_id);

/* helpers.c: the list of what a program may call */
struct extfuse_log {
	char *buf;
	size_t size;
	size_t len;
};

__printf(2, 3) void extfuse_log(struct extfuse_log *log, const char *fmt, ...);
int extfuse_prog_check(const struct bpf_prog *prog, struct extfuse_log *log);

/* attach.c */
bool extfuse_mount_is_allowed(struct fs_context *fsc);

/* set.c */
struct extfuse_set *extfuse_set_make(const struct extfuse_ioc_attach *arg,
				     struct extfuse_log *log);
void extfuse_set_free(struct extfuse_set *set);
int extfuse_set_publish(struct fuse_conn *fc, struct extfuse_conn *xc, struct extfuse_set *set,
			bool replace);
int extfuse_set_detach(struct extfuse_conn *xc);
void extfuse_set_drop_bad(struct extfuse_conn *xc, const struct extfuse_set *set);
void extfuse_conn_free(struct fuse_conn *fc);

/* passthrough.c */
ssize_t extfuse_pass(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args);

/* Not answered; is it, or may it be, for a backing file system? */
static inline bool extfuse_may_pass(const struct fuse_args *args)
{
	return args->ext.pass || args->ext.ff;
}

/* passthrough_open.c */
const struct cred *extfuse_io_cred(struct fuse_file *ff);
struct fuse_backing;
void extfuse_passthrough_release(struct fuse_file *ff, struct fuse_backing *fb);
void extfuse_handle_undo(struct inode *inode, struct fuse_file *ff);

/* splice.c */
struct pipe_inode_info;
ssize_t extfuse_splice_below(struct pipe_inode_info *pipe, struct file *out, loff_t *ppos,
			     size_t len, unsigned int flags);

/* backing.c: see backing.h too */
bool extfuse_has_backing(struct extfuse_conn *xc, u64 nodeid);
bool extfuse_names_fold(struct extfuse_conn *xc, const struct fuse_args *args);
bool extfuse_backing_perm_same(struct extfuse_conn *xc, struct inode *inode);
bool extfuse_backing_is_readonly(struct extfuse_conn *xc, u64 nodeid, int mask);
bool extfuse_is_mapped_below(struct inode *inode);
void extfuse_backings_abort(struct extfuse_conn *xc);
int extfuse_sync_below(struct fuse_conn *fc, int err);
int extfuse_backing_init(void);
void extfuse_backing_exit(void);

/* stats.c */
#define extfuse_count(xc, opcode, what) \
	this_cpu_inc((xc)->stats->op[(opcode) & (EXTFUSE_OPCODES - 1)].what)
long extfuse_ioctl_stats(struct extfuse_conn *xc, struct extfuse_ioc_stats *arg,
			 void __user *uarg);

/* notify.c: what happens to nodes outside of requests */
void extfuse_notify_inode(struct fuse_conn *fc, u64 nodeid);
void extfuse_notify_all(struct fuse_conn *fc);
void extfuse_notify_entry(struct fuse_conn *fc, u64 parent, u64 child, const struct qstr *name);
void extfuse_evict(struct fuse_conn *fc, u64 nodeid);
bool extfuse_backing_wrote(struct inode *inode, loff_t pos, ssize_t written);
int extfuse_backing_map(struct file *file, const struct vm_area_struct *vma);
void extfuse_inode_lock_order(struct inode *inode);

/* In fuse_inode.state, far from fuse's own: its backing file is, or was, mapped for writing, ... */
#define EXTFUSE_I_MAPPED	(BITS_PER_LONG - 1)
/* ... by a handle of ours: the daemon's have no page cache beside it */
#define EXTFUSE_I_MAPPED_OWN	(BITS_PER_LONG - 2)

static inline bool extfuse_backing_is_mapped(struct inode *inode)
{
	return unlikely(test_bit(EXTFUSE_I_MAPPED, &get_fuse_inode(inode)->state));
}

static inline bool extfuse_is_mapped_by_own(struct inode *inode)
{
	return unlikely(test_bit(EXTFUSE_I_MAPPED_OWN, &get_fuse_inode(inode)->state));
}

/* revalidate.c */
ssize_t extfuse_revalidate_request(struct fuse_mount *fm, struct fuse_args *args,
				   struct dentry *entry);
void extfuse_entry_renewed(struct fuse_conn *fc, struct dentry *entry,
			   const struct fuse_args *args);

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
 * Data that was changed takes set-id bits away.  Stock fuse forgets the size
 * then and not the mode; with a longer lifetime of ours that would last.
 */
static inline u32 extfuse_setid_mask(const struct inode *inode)
{
	return inode->i_mode & (S_ISUID | S_ISGID) ? STATX_MODE : 0;
}

#include "extfuse_sites.h"

#endif /* _EXTFUSE_I_H */
