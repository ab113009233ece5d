// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs: what a program of extfuse may call of ours.
 *
 * They trust nothing: @req is only a ticket, compared and never looked into.
 * The state of the run is found by the task's BPF run context and recognised by
 * a mark inside the bounds of every such context (its first word, which holds a
 * secret of the module xor the state's address), so a call from a timer, from
 * BPF_PROG_RUN or from another kind of program gets -EINVAL.  They never
 * sleep: bpf_for_each_map_elem() calls back under RCU.
 */
#include "fuse_i.h"
#include "kfunc.h"
#include "opcode.h"
#include "run.h"
#include "run_args.h"
#include "slots.h"
#include "passthrough/backing.h"
#include "compat/kfunc.h"
#include <linux/btf.h>
#include <linux/btf_ids.h>

/*
 * The run whose context @req is, or NULL.  Older verifiers let NULL or any
 * memory pass for a context, newer ones do not: here all of them fare the same.
 */
static struct extfuse_run *run_of(const struct extfuse_req *req)
{
	struct extfuse_run *run = extfuse_run_current();

	return run && req == &run->req ? run : NULL;
}

extfuse_kfunc_start

/**
 * bpf_extfuse_read_args - read a part of the request
 * @req:	the context of the program
 * @type:	enum extfuse_arg
 * @dst:	where to
 * @dst__sz:	room at @dst; numbers want exactly their size, values at least
 *		theirs
 *
 * Inputs can be read in both phases, outputs in the request phase as the
 * program wrote them and in the reply phase as the daemon did.  Values in pages
 * (WRITE, IOCTL, READ) are read like others.
 *
 * Callable from programs that extfuse runs, also within bpf_loop() and
 * bpf_for_each_map_elem().  Takes no reference, does not sleep.
 *
 * Return: 0; -EINVAL outside of a request, @req is not its context, @dst is
 * NULL, no such argument, or an exact size was missed; -E2BIG @dst is smaller
 * than the value; -ENODATA output not yet written; -EFAULT fault, @dst is
 * zeroed; -EBADRQC unknown @type.
 */
__bpf_kfunc int bpf_extfuse_read_args(struct extfuse_req *req, u32 type, void *dst, u32 dst__sz)
{
	const struct extfuse_run *run = run_of(req);

	if (!run || !dst)
		return -EINVAL;
	return extfuse_run_read(run, type, dst, dst__sz);
}

/**
 * bpf_extfuse_write_args - write an output of the request
 * @req:	the context of the program
 * @type:	OUT_PARAM_0 or OUT_PARAM_1
 * @src:	what
 * @src__sz:	bytes at @src: exactly the size of a fixed output, any up to
 *		the maximum of a variable one (GETXATTR, LISTXATTR, READLINK,
 *		READ, READDIR, READDIRPLUS), also where that is in pages
 *
 * In the reply phase only attributes and entries (OUT_PARAM_0) can be written,
 * and only lifetimes, permission bits, owner and times are taken from them.
 *
 * Callable from programs that extfuse runs, also within bpf_loop() and
 * bpf_for_each_map_elem().  Takes no reference, does not sleep.
 *
 * Return: 0; -EINVAL outside of a request, @req is not its context, @src is
 * NULL, no such output, not writable in this phase, or an exact size was
 * missed; -E2BIG larger than the output; -EBADRQC not an output.
 */
__bpf_kfunc int bpf_extfuse_write_args(struct extfuse_req *req, u32 type, const void *src,
				       u32 src__sz)
{
	struct extfuse_run *run = run_of(req);

	if (!run || !src)
		return -EINVAL;
	return extfuse_run_write(run, type, src, src__sz);
}

/* The slot of this request's name; negative where @nodeid has none in it. */
static int name_slot(const struct extfuse_run *run, u64 nodeid)
{
	const struct fuse_args *args = run->args;
	unsigned int len, arg = args->opcode == FUSE_LOOKUP ? 1 :
				extfuse_opcode_get(args->opcode)->name;
	const char *name;

	if (!arg || nodeid != args->nodeid)
		return -EINVAL;
	name = extfuse_in_name(args, arg - 1, &len);
	return extfuse_slot_of_name(READ_ONCE(run->xc->names_dir), nodeid, name, len);
}

/* EXTFUSE_SLOTS: the connection's epoch alone. */
static int kind_slot(const struct extfuse_run *run, u64 nodeid, u32 kind)
{
	if (likely(kind < EXTFUSE_KIND_NAME))
		return extfuse_slot_of_node(nodeid, kind);
	return kind == EXTFUSE_KIND_NAME ? name_slot(run, nodeid) : EXTFUSE_SLOTS;
}

/* What lies on another file system changes there, and nobody tells; its name is the daemon's. */
static bool changes_below(const struct extfuse_run *run, u64 nodeid, u32 kind)
{
	if (kind == EXTFUSE_KIND_NAME)
		return false;
	return extfuse_has_backing(run->xc, kind == EXTFUSE_KIND_CONN ? run->args->nodeid : nodeid);
}

/* The slot says so, which is asked again when the answer is accepted. */
static __always_inline bool prove(struct extfuse_run *run, int slot, u64 stamp)
{
	struct extfuse_proof *proof;

	if (run->nproofs == EXTFUSE_FRESH_MAX)
		return false;
	if (likely(slot < EXTFUSE_SLOTS) && !extfuse_slot_fresh(run->xc, slot, stamp))
		return false;
	proof = &run->proofs[run->nproofs++];
	proof->slot = slot;
	proof->stamp = stamp;
	return true;
}

/*
 * What an answer to ACCESS rests on beside the file's attributes: ACLs, and the rights of all
 * directories.  What changed behind us moves attributes no further than to the stamp of the
 * reply that showed it, and extended attributes beyond that.
 */
static noinline bool prove_rights(struct extfuse_run *run, u64 nodeid, u64 stamp)
{
	return prove(run, extfuse_slot_of_node(nodeid, EXTFUSE_KIND_XATTR), stamp) &&
	       prove(run, extfuse_slot_of_node(EXTFUSE_RIGHTS, EXTFUSE_KIND_ATTR), stamp);
}

/* What a name rests on beside its own changes, where opens of its directory show those of others. */
static noinline bool prove_names(struct extfuse_run *run, u64 dir, u64 stamp)
{
	return prove(run, extfuse_slot_of_names(dir), stamp);
}

/**
 * bpf_extfuse_fresh - is what was read at a stamp still so
 * @req:	the context of the program
 * @nodeid:	the node; for EXTFUSE_KIND_NAME the directory, which must be
 *		the request's; ignored for EXTFUSE_KIND_CONN
 * @kind:	enum extfuse_kind
 * @stamp:	extfuse_req.stamp of the request whose reply was kept
 *
 * Each success is recorded, up to four, and asked again when the answer is
 * accepted; an answer without one for what it names goes to the daemon.
 * Of a node with a backing object only names are fresh: all else changes on the
 * backing file system, and nobody tells.  EXTFUSE_KIND_CONN: so for requests on it.
 * For ACCESS attributes rest on the extended ones and on the rights of all directories as
 * well, which takes three of the four.  With EXTFUSE_ATTACH_CTO a name rests on its directory
 * as the last open has found it as well, which takes two.
 *
 * Callable from request programs that extfuse runs.  Takes no reference, does
 * not sleep.
 *
 * Return: 1 fresh; 0 not, or too many were recorded; -EINVAL outside of a
 * request phase, @req is not its context, unknown @kind, or a name that is not
 * the request's.
 */
__bpf_kfunc int bpf_extfuse_fresh(struct extfuse_req *req, u64 nodeid, u32 kind, u64 stamp)
{
	struct extfuse_run *run = run_of(req);
	struct inode *child;
	int slot;

	if (!run || run->phase != EXTFUSE_PHASE_REQUEST || kind >= __EXTFUSE_KIND_MAX)
		return -EINVAL;
	slot = kind_slot(run, nodeid, kind);
	if (unlikely(slot < 0))
		return slot;
	/* A stamp of the future is nobody's. */
	if (stamp > extfuse_stamp(run->xc))
		return 0;
	/* In a tree names are exact without it, and requests move no slots. */
	if (kind != EXTFUSE_KIND_CONN && extfuse_is_in_tree(run->xc, nodeid))
		return 0;
	if (unlikely(rcu_access_pointer(run->xc->backings)) && changes_below(run, nodeid, kind))
		return 0;
	if (!extfuse_epoch_fresh(run->xc, stamp))
		return 0;
	if (unlikely(run->args->opcode == FUSE_ACCESS) && kind == EXTFUSE_KIND_ATTR &&
	    !prove_rights(run, nodeid, stamp))
		return 0;
	if (kind == EXTFUSE_KIND_NAME && unlikely(READ_ONCE(run->xc->cto)) &&
	    !prove_names(run, nodeid, stamp))
		return 0;
	if (!prove(run, slot, stamp))
		return 0;
	if (likely(nodeid == run->args->nodeid) || slot == EXTFUSE_SLOTS)
		run->proven |= EXTFUSE_PROVEN(kind);
	if (kind == EXTFUSE_KIND_ATTR) {
		child = run->args->ext.child[0];
		if (child && nodeid == get_node_id(child))
			run->proven |= EXTFUSE_PROVEN_CHILD;
	}
	return 1;
}

extfuse_kfunc_end

/* All of them: what follows is made of this list. */
#define EACH_KFUNC(item)		\
	item(bpf_extfuse_read_args)	\
	item(bpf_extfuse_write_args)	\
	item(bpf_extfuse_fresh)

#define KFUNC_ID(name)		BTF_ID_FLAGS(func, name, KF_SLEEPABLE)
#define KFUNC_ADDRESS(name)	name,

extfuse_kfunc_set_start(extfuse_kfunc_ids)
EACH_KFUNC(KFUNC_ID)
extfuse_kfunc_set_end(extfuse_kfunc_ids)

static const void *const kfuncs[] = { EACH_KFUNC(KFUNC_ADDRESS) };

static const struct btf_kfunc_id_set extfuse_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &extfuse_kfunc_ids,
};

/*
 * Without BTF of our own register_btf_kfunc_id_set() says nothing and
 * returns 0: then no program would load, and nobody would know why.
 */
static bool kfuncs_have_ids(void)
{
	unsigned int i;

	if (extfuse_kfunc_ids.cnt != ARRAY_SIZE(kfuncs))
		return false;
	for (i = 0; i < extfuse_kfunc_ids.cnt; i++) {
		if (!extfuse_kfunc_ids.pairs[i].id)
			return false;
	}
	return true;
}

/* For helpers.c: is the call of a loaded program one of these? */
bool extfuse_kfunc_is_ours(const void *addr, u32 btf_id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kfuncs); i++) {
		if (addr == kfuncs[i])
			return true;
	}
	for (i = 0; btf_id && i < extfuse_kfunc_ids.cnt; i++) {
		if (extfuse_kfunc_ids.pairs[i].id == btf_id)
			return true;
	}
	return false;
}

int extfuse_kfunc_init(void)
{
	int err;

	if (!kfuncs_have_ids()) {
		pr_err("this module was built without BTF: reinstall extfuse-dkms, or see its make.log\n");
		return -ENOEXEC;
	}
	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &extfuse_kfunc_set);
	if (err)
		pr_err("cannot register kfuncs (%d): was the module built for another kernel?\n", err);
	return err;
}
