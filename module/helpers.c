// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may call.  The verifier keeps a program from crashing the
 * kernel, not from using the system call and tracing helpers that the type
 * BPF_PROG_TYPE_SYSCALL brings: closing descriptors of the caller, overwriting
 * its memory.  So each call of a program is compared with a list before it is
 * attached.
 *
 * The walk is over the main program's instructions, which hold those of all
 * subprograms, and fails closed: what it does not know is refused.
 */
#include "fuse_i.h"
#include "helpers.h"
#include "kfunc.h"
#include "params.h"
#include "compat/insn.h"
#include <linux/kallsyms.h>
#include <linux/module.h>

/*
 * Helpers by the names of their functions.  Nothing here faults user memory,
 * reads kernel memory, acts on the current task, starts a timer or calls bpf().
 * (bpf_snprintf() is not here: its %s and %pus read any address.)  Of some the
 * verifier or the JIT leaves no call: then insn_is_refused() looks at what does
 * the same, or helper_is_inlined() at its number.
 */
static const char * const allowed[] = {
	"bpf_map_lookup_elem",
	"bpf_map_update_elem",
	"bpf_map_delete_elem",
	"bpf_map_push_elem",
	"bpf_map_pop_elem",
	"bpf_map_peek_elem",
	"bpf_map_lookup_percpu_elem",
	"bpf_for_each_map_elem",
	"bpf_ringbuf_output",
	"bpf_ringbuf_reserve",
	"bpf_ringbuf_submit",
	"bpf_ringbuf_discard",
	"bpf_ringbuf_query",
	"bpf_ktime_get_ns",
	"bpf_ktime_get_boot_ns",
	"bpf_ktime_get_coarse_ns",
	"bpf_jiffies64",
	"bpf_get_prandom_u32",
	"bpf_user_rnd_u32",
	"bpf_get_smp_processor_id",
	"bpf_get_raw_cpu_id",
	"bpf_strncmp",
	"bpf_loop",
	/* What the verifier makes of a lookup in a hash map. */
	"__htab_map_lookup_elem",
	/* ... and since 7.0 of may_goto: looks at the clock, and ends the loop after 250 ms. */
	"arch_bpf_timed_may_goto",
};

void extfuse_log(struct extfuse_log *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log->len += vscnprintf(log->buf + log->len, log->size - log->len, fmt, args);
	va_end(args);
}

static bool name_is_allowed(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (!strcmp(name, allowed[i]))
			return true;
	}
	return false;
}

/*
 * The verifier turns map operations into direct calls of the map's own
 * functions; those of the maps that this program uses are no way out.
 */
static bool addr_is_op_of(const struct bpf_map_ops *ops, const void *addr)
{
	return addr == ops->map_lookup_elem || addr == ops->map_update_elem ||
	       addr == ops->map_delete_elem || addr == ops->map_push_elem ||
	       addr == ops->map_pop_elem || addr == ops->map_peek_elem ||
	       addr == ops->map_for_each_callback || addr == ops->map_lookup_percpu_elem;
}

static bool addr_is_map_op(const struct bpf_prog *prog, const void *addr)
{
	u32 i;

	for (i = 0; i < prog->aux->used_map_cnt; i++) {
		const struct bpf_map *map = prog->aux->used_maps[i];

		if (addr_is_op_of(map->ops, addr) ||
		    (map->inner_map_meta && addr_is_op_of(map->inner_map_meta->ops, addr)))
			return true;
	}
	return false;
}

/*
 * Where the JIT itself makes instructions of a helper (arm64), the call still
 * has the helper's number, which no function's distance can be.
 */
static bool helper_is_inlined(const char *name)
{
	return !strcmp(name, "__bpf_call_base");
}

static int helper_check(const struct bpf_prog *prog, const struct bpf_insn *insn, int n,
			struct extfuse_log *log)
{
	const void *addr = (void *)__bpf_call_base + insn->imm;
	char name[KSYM_SYMBOL_LEN];

	if (addr_is_map_op(prog, addr))
		return 0;
	sprint_symbol_no_offset(name, (unsigned long)addr);
	if (name_is_allowed(name))
		return 0;
	if (helper_is_inlined(name)) {
		if (insn->imm == BPF_FUNC_get_smp_processor_id)
			return 0;
		snprintf(name, sizeof(name), "number %d", insn->imm);
	}
	extfuse_log(log, "program %s, instruction %d: helper %s is not allowed\n",
		    prog->aux->name, n, name);
	return -EACCES;
}

/* With far kfunc calls imm is a BTF id, else an offset as of a helper. */
static int kfunc_check(const struct bpf_prog *prog, const struct bpf_insn *insn, int n,
		       struct extfuse_log *log)
{
	const void *addr = (void *)__bpf_call_base + insn->imm;
	char name[KSYM_SYMBOL_LEN];

	if (extfuse_kfunc_is_ours(addr, extfuse_far_kfunc_id(prog, insn)))
		return 0;
	sprint_symbol_no_offset(name, (unsigned long)addr);
	extfuse_log(log, "program %s, instruction %d: kfunc %s is not one of extfuse\n",
		    prog->aux->name, n, name);
	return -EACCES;
}

static int call_check(const struct bpf_prog *prog, const struct bpf_insn *insn, int n,
		      struct extfuse_log *log)
{
	if (insn->code == (BPF_JMP | BPF_TAIL_CALL)) {
		extfuse_log(log, "program %s, instruction %d: tail calls are not allowed\n",
			    prog->aux->name, n);
		return -EACCES;
	}
	switch (insn->src_reg) {
	case BPF_PSEUDO_CALL:
		return 0;
	case BPF_PSEUDO_KFUNC_CALL:
		return kfunc_check(prog, insn, n, log);
	case 0:
		return helper_check(prog, insn, n, log);
	default:
		extfuse_log(log, "program %s, instruction %d: call of an unknown kind\n",
			    prog->aux->name, n);
		return -EACCES;
	}
}

/* A pointer that was cast reads any memory of the kernel. */
static bool insn_reads_probed(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), mode = BPF_MODE(insn->code);

	if (class != BPF_LDX && class != BPF_STX && class != BPF_ST)
		return false;
	return extfuse_mode_is_probe(class, mode);
}

/* A 64-bit constant, of which @half is the second half. */
static u64 imm64_of(const struct bpf_insn *half)
{
	return (u64)(u32)half->imm << 32 | (u32)half[-1].imm;
}

static bool addr_is_percpu_value(const struct bpf_prog *prog, u64 addr)
{
	u32 i;

	for (i = 0; i < prog->aux->used_map_cnt; i++) {
		const struct bpf_map *map = prog->aux->used_maps[i];
		u64 value;

		if (map->map_type == BPF_MAP_TYPE_PERCPU_ARRAY && map->ops->map_direct_value_addr &&
		    !map->ops->map_direct_value_addr(map, &value, 0) &&
		    addr - value < map->value_size)
			return true;
	}
	return false;
}

/*
 * Only the verifier makes an address a per-CPU one: of a value that it has just
 * loaded from a per-CPU map, or that has a fixed place in one, of the
 * processor's number, and of the current task.
 */
static bool percpu_is_allowed(const struct bpf_prog *prog, u32 n)
{
	const struct bpf_insn *insn = &prog->insnsi[n], *before = insn - 1;

	if (!n)
		return false;
	switch (before->code) {
	case BPF_LDX | BPF_MEM | BPF_DW:
		return before->dst_reg == insn->src_reg && before->src_reg == insn->src_reg;
	case BPF_ALU64 | BPF_MOV | BPF_K:
	case BPF_ALU | BPF_MOV | BPF_K:
		return before->dst_reg == insn->src_reg &&
		       extfuse_percpu_is_cpu_number(before->imm);
	case 0:
		return n > 1 && before[-1].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		       before[-1].dst_reg == insn->src_reg &&
		       addr_is_percpu_value(prog, imm64_of(before));
	default:
		return false;
	}
}

static bool insn_is_call(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	return op == BPF_CALL || insn->code == (BPF_JMP | BPF_TAIL_CALL);
}

/* What a program reads or writes that is not its own, without a call. */
static const char *insn_is_refused(const struct bpf_prog *prog, u32 n)
{
	const struct bpf_insn *insn = &prog->insnsi[n];

	if (insn_reads_probed(insn))
		return "reads through a cast pointer";
	if (extfuse_insn_is_percpu(insn) && !percpu_is_allowed(prog, n))
		return "reads a per-CPU variable of the kernel, as bpf_get_current_task() does";
	return NULL;
}

/* Variables of the kernel that a program names, it reads by plain loads. */
static int objects_check(const struct bpf_prog *prog, struct extfuse_log *log)
{
	u32 i;

	for (i = 0; i < prog->aux->used_btf_cnt; i++) {
		if (prog->aux->used_btfs[i].module == THIS_MODULE)
			continue;
		extfuse_log(log, "program %s names a variable or function of the kernel (__ksym)\n",
			    prog->aux->name);
		return -EACCES;
	}
	for (i = 0; i < prog->aux->used_map_cnt; i++) {
		if (!extfuse_map_has_kptrs(prog->aux->used_maps[i]))
			continue;
		extfuse_log(log, "program %s uses map %s, whose values have pointers to objects of the kernel (__kptr)\n",
			    prog->aux->name, prog->aux->used_maps[i]->name);
		return -EACCES;
	}
	return 0;
}

static int insns_check(const struct bpf_prog *prog, struct extfuse_log *log)
{
	u32 i;
	int err;

	for (i = 0; i < prog->len; i++) {
		const struct bpf_insn *insn = &prog->insnsi[i];
		const char *why = insn_is_refused(prog, i);

		if (why) {
			extfuse_log(log, "program %s, instruction %u: %s\n",
				    prog->aux->name, i, why);
			return -EACCES;
		}
		if (insn_is_call(insn)) {
			err = call_check(prog, insn, i, log);
			if (err)
				return err;
		}
		/* The second half of a 64-bit constant is no instruction. */
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	return 0;
}

/*
 * extfuse_prog_check - may this program be attached?
 *
 * 0; -EINVAL it reads beyond struct extfuse_req; -EACCES it calls what it must
 * not, and @log names it.
 */
int extfuse_prog_check(const struct bpf_prog *prog, struct extfuse_log *log)
{
	int err;

	if (prog->aux->max_ctx_offset > sizeof(struct extfuse_req)) {
		extfuse_log(log, "program %s uses %u bytes of context, there are %zu\n",
			    prog->aux->name, prog->aux->max_ctx_offset,
			    sizeof(struct extfuse_req));
		return -EINVAL;
	}
	if (!prog->jited) {
		extfuse_log(log, "program %s is interpreted: the kernel's BPF JIT is off\n",
			    prog->aux->name);
		return -EINVAL;
	}
	if (extfuse_unsafe_helpers) {
		add_taint(TAINT_USER, LOCKDEP_STILL_OK);
		return 0;
	}
	/* A map that others bind to the program meanwhile (BPF_PROG_BIND_MAP) gives it a new list, and frees the old one. */
	mutex_lock(&prog->aux->used_maps_mutex);
	err = objects_check(prog, log) ?: insns_check(prog, log);
	mutex_unlock(&prog->aux->used_maps_mutex);
	return err;
}
