/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verifier of this kernel leaves in a loaded program.  Far kfunc
 * calls came with 6.4, BPF_PROBE_MEMSX with 6.6, BPF_PROBE_MEM32 and
 * BPF_PROBE_ATOMIC with 6.9 and 6.10.
 */
#ifndef _EXTFUSE_COMPAT_INSN_H
#define _EXTFUSE_COMPAT_INSN_H

#include <linux/filter.h>

/*
 * The BTF id that a call of a kfunc names; 0 where imm is the distance to the
 * function.  Whether calls are far the JIT says, by a function that modules do
 * not see: on arm64 since 6.4, never on x86.  Those of vmlinux have no offset.
 */
static inline u32 extfuse_far_kfunc_id(const struct bpf_insn *insn)
{
#ifdef HAVE_FAR_KFUNC
	if (IS_ENABLED(CONFIG_ARM64) && insn->off)
		return insn->imm;
#endif
	return 0;
}

/* Of a load or store.  What means BPF_PROBE_MEM32SX of a load means BPF_ATOMIC of a store. */
static inline bool extfuse_mode_is_probe(u8 class, u8 mode)
{
	switch (mode) {
	case BPF_PROBE_MEM:
		return true;
#ifdef BPF_PROBE_MEMSX
	case BPF_PROBE_MEMSX:
		return true;
#endif
#ifdef BPF_PROBE_MEM32
	case BPF_PROBE_MEM32:
		return true;
#endif
#ifdef BPF_PROBE_MEM32SX
	case BPF_PROBE_MEM32SX:
		return class == BPF_LDX;
#endif
#ifdef BPF_PROBE_ATOMIC
	case BPF_PROBE_ATOMIC:
		return true;
#endif
	default:
		return false;
	}
}

#endif /* _EXTFUSE_COMPAT_INSN_H */
