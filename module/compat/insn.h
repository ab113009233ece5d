/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verifier of this kernel leaves in a loaded program.  Records of what a
 * map's values hold came with 6.2, far kfunc calls with 6.4, BPF_PROBE_MEMSX with 6.6,
 * BPF_PROBE_MEM32 with 6.9, BPF_PROBE_ATOMIC and per-CPU addresses with 6.10: what is
 * done without them goes with line 6.1 of dkms/matrix.  BPF_PROBE_MEM32SX is younger
 * than 6.12.  struct pcpu_hot, of 6.2 to 6.14, goes with the lines 6.12+deb12 and
 * 6.12+deb13.
 */
#ifndef _EXTFUSE_COMPAT_INSN_H
#define _EXTFUSE_COMPAT_INSN_H

#include <linux/filter.h>

/*
 * What the verifier knows of a BTF that calls of a program name by insn->off.
 * No header has it; read wrongly, it would not name this module.
 */
struct extfuse_kfunc_btf {
	const void *btf;
	const struct module *module;
	u16 off;
};
#define EXTFUSE_KFUNC_BTFS	256

static inline bool extfuse_btf_is_ours(const struct bpf_prog *prog, u16 off)
{
	const struct extfuse_kfunc_btf *p = (const void *)prog->aux->kfunc_btf_tab;
	unsigned int i;

	for (i = 0; p && i < EXTFUSE_KFUNC_BTFS && p[i].btf; i++) {
		if (p[i].off == (u16)off)
			return p[i].module == THIS_MODULE;
	}
	return false;
}

/*
 * The id of a function in this module's BTF that a call of a kfunc names; 0
 * where it names none, or imm is the distance to the function.  Whether calls
 * are far the JIT says, by a function that modules do not see: on arm64 since
 * 6.4, never on x86.  Those of vmlinux have no offset.
 */
static inline u32 extfuse_far_kfunc_id(const struct bpf_prog *prog, const struct bpf_insn *insn)
{
#ifdef HAVE_FAR_KFUNC
	if (IS_ENABLED(CONFIG_ARM64) && insn->off && extfuse_btf_is_ours(prog, insn->off))
		return insn->imm;
#endif
	return 0;
}

/* Makes the address of a per-CPU variable one of this processor's. */
static inline bool extfuse_insn_is_percpu(const struct bpf_insn *insn)
{
#ifdef BPF_ADDR_PERCPU
	return insn_is_mov_percpu_addr(insn);
#else
	return false;
#endif
}

/* Is that where the number of the processor is? x86 has no other that is inlined. */
static inline bool extfuse_percpu_is_cpu_number(s32 imm)
{
#if defined(BPF_ADDR_PERCPU) && defined(CONFIG_X86_64) && defined(CONFIG_SMP)
#ifdef HAVE_PCPU_HOT
	return imm == (s32)(unsigned long)&pcpu_hot.cpu_number;
#else
	return imm == (s32)(unsigned long)&cpu_number;
#endif
#else
	return false;
#endif
}

/* Values of the map hold pointers to objects of the kernel. */
static inline bool extfuse_map_has_kptrs(const struct bpf_map *map)
{
#ifdef HAVE_BTF_RECORD
	return btf_record_has_field(map->record, BPF_KPTR);
#else
	return map_value_has_kptrs(map);
#endif
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
