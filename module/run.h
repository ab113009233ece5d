/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of a program, see run.c.
 */
#ifndef _EXTFUSE_RUN_H
#define _EXTFUSE_RUN_H

#include "slots.h"
#include "stats.h"
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/rcupdate_trace.h>
#include <linux/sched/clock.h>

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
	u8 why;				/* enum extfuse_why, where what was looked at is STALE or BAD */
	union {
		struct {		/* request phase */
			struct extfuse_proof proofs[EXTFUSE_FRESH_MAX];
		};
		union {			/* reply phase: written, not yet taken */
			struct fuse_entry_out stage_entry;
			struct fuse_attr_out stage_attr;
			struct fuse_open_out stage_open;
		};
	};
	struct extfuse_req req;
};

extern u64 extfuse_run_secret;
void extfuse_run_init(void);
void extfuse_run_slow(struct extfuse_run *run, u64 ns);

/* With EXTFUSE_DEBUG a field that nobody fills is found by its value. */
#define EXTFUSE_RUN_POISON	0x5a

static inline void extfuse_run_poison(struct extfuse_run *run)
{
	if (EXTFUSE_DEBUG)
		memset(run, EXTFUSE_RUN_POISON, sizeof(*run));
}

/* The program of @set is about to run for a request: context.h fills in the rest. */
static __always_inline void extfuse_run_begin(struct extfuse_run *run, struct extfuse_conn *xc,
					      const struct extfuse_set *set, struct fuse_mount *fm,
					      struct fuse_args *args)
{
	extfuse_run_poison(run);
	run->fm = fm;
	run->args = args;
	run->xc = xc;
	run->set = set;
}

/* What a program may read has been filled. */
static inline void extfuse_run_assert_filled(const struct extfuse_run *run)
{
	u32 word[sizeof(run->req) / sizeof(u32)], poison;
	unsigned int i;

	if (!EXTFUSE_DEBUG)
		return;
	memset(&poison, EXTFUSE_RUN_POISON, sizeof(poison));
	memcpy(word, &run->req, sizeof(word));
	for (i = 0; i < ARRAY_SIZE(word); i++)
		WARN_ONCE(word[i] == poison, "struct extfuse_req: byte %zu is not filled", i * sizeof(u32));
}

/* The run that the current task is in, or NULL.  Inline: each call of a kfunc begins with it. */
static inline struct extfuse_run *extfuse_run_current(void)
{
	struct bpf_tramp_run_ctx *ctx;
	struct extfuse_run *run;

	if (!in_task() || !current->bpf_ctx)
		return NULL;
	ctx = container_of(current->bpf_ctx, struct bpf_tramp_run_ctx, run_ctx);
	/* The context of an iterator is empty: its first word is the stack's. */
	run = (void *)(unsigned long)(READ_ONCE_NOCHECK(ctx->bpf_cookie) ^ extfuse_run_secret);
	/* A foreign cookie gives any address: compare before anything is read. */
	return run == container_of(ctx, struct extfuse_run, run_ctx) ? run : NULL;
}

/* Is the current task inside one of our programs? */
static inline bool extfuse_is_running(void)
{
	return current->bpf_ctx && extfuse_run_current();
}

/* What a program left in its cookies, for the next one that sees this request. */
static inline void extfuse_run_keep(const struct extfuse_run *run)
{
	memcpy(run->args->ext.cookie, run->req.cookie, sizeof(run->req.cookie));
}

/* One run in so many is timed, and what takes longer than this is told. */
#define EXTFUSE_SAMPLE_MASK	63
#define EXTFUSE_SLOW_NS		NSEC_PER_MSEC

/*
 * extfuse_run_prog - run a program on a filled state, returns its verdict
 *
 * The caller is in an RCU tasks trace section that it entered before it looked
 * the program up.  Inline: in the request phase a call more is felt.
 */
static __always_inline int extfuse_run_prog(struct extfuse_run *run, const struct bpf_prog *prog)
{
	u32 opcode = run->args->opcode;
	struct bpf_run_ctx *outer;
	u64 start = 0;
	int verdict;

	RCU_LOCKDEP_WARN(!rcu_read_lock_trace_held(), "a program runs outside of RCU tasks trace");
	extfuse_run_assert_filled(run);
	migrate_disable();
	if (unlikely(!(this_cpu_inc_return(run->xc->stats->runs) & EXTFUSE_SAMPLE_MASK)))
		start = local_clock();
	run->run_ctx.bpf_cookie = extfuse_run_secret ^ (unsigned long)run;
	outer = bpf_set_run_ctx(&run->run_ctx.run_ctx);
	verdict = bpf_prog_run(prog, &run->req);
	bpf_reset_run_ctx(outer);
	/* From here on the kfuncs do not find this state, whatever follows on the stack. */
	run->run_ctx.bpf_cookie = 0;
	if (unlikely(start)) {
		u64 ns = local_clock() - start;

		extfuse_count(run->xc, opcode, samples);
		this_cpu_add(run->xc->stats->op[opcode].sample_ns, ns);
		if (ns > EXTFUSE_SLOW_NS)
			extfuse_run_slow(run, ns);
	}
	migrate_enable();
	return verdict;
}

/* Outcome of looking at what a program answered. */
enum extfuse_outcome {
	EXTFUSE_ACCEPT,
	EXTFUSE_STALE,		/* the kernel knows better: upcall */
	EXTFUSE_PASS,		/* PASSTHROUGH: not answered, see extfuse_args.pass */
	EXTFUSE_BAD,		/* bad verdict: upcall */
};

/* For who has made a request up and wants to know: see test.c. */
static inline enum extfuse_outcome extfuse_stale(struct extfuse_run *run, enum extfuse_why why)
{
	run->why = why;
	return EXTFUSE_STALE;
}

static inline enum extfuse_outcome extfuse_bad(struct extfuse_run *run, enum extfuse_why why)
{
	run->why = why;
	return EXTFUSE_BAD;
}

#endif /* _EXTFUSE_RUN_H */
