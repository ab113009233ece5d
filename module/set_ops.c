// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of the opcodes of a set, in one word each: it is found out when the set is
 * made, so that requests need not.
 */
#include "fuse_i.h"
#include "set_ops.h"

/* r0 = EXTFUSE_PASSTHROUGH; exit: what it says is known without running it. */
static bool prog_is_plain(const struct bpf_prog *prog)
{
	const struct bpf_insn *insn = prog->insnsi;

	return prog->len == 2 && BPF_OP(insn[0].code) == BPF_MOV && BPF_SRC(insn[0].code) == BPF_K &&
	       (BPF_CLASS(insn[0].code) == BPF_ALU64 || BPF_CLASS(insn[0].code) == BPF_ALU) &&
	       insn[0].dst_reg == BPF_REG_0 && insn[0].imm == EXTFUSE_PASSTHROUGH &&
	       insn[1].code == (BPF_JMP | BPF_EXIT);
}

/* Whose program is PASSTHROUGH and no more. */
u64 extfuse_set_plain_ops_of(const struct extfuse_set *set)
{
	u64 ops = 0;
	u32 op;

	/* A shadow gives nothing but the daemon's word. */
	if (set->flags & EXTFUSE_ATTACH_SHADOW)
		return 0;
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		if (set->request[op] && !set->reply[op] && prog_is_plain(set->request[op]))
			ops |= BIT_ULL(op);
	}
	return ops;
}

/* Whose programs are told who asks. */
u64 extfuse_set_who_ops_of(const struct extfuse_set *set)
{
	u64 ops = 0;

	if (set->flags & EXTFUSE_ATTACH_WHO)
		return U64_MAX;
	if (set->flags & EXTFUSE_ATTACH_WHO_FEW)
		ops |= BIT_ULL(FUSE_GETXATTR) | BIT_ULL(FUSE_LISTXATTR) | BIT_ULL(FUSE_ACCESS) |
		       BIT_ULL(FUSE_STATFS);
	/* A handle that is kept is for who has opened it. */
	if (set->close_valid)
		ops |= BIT_ULL(FUSE_OPEN) | BIT_ULL(FUSE_OPENDIR);
	return ops;
}
