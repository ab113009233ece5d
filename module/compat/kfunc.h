/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How kfuncs are declared on this kernel.  __bpf_kfunc came with 6.3,
 * __bpf_kfunc_start_defs() with 6.7, BTF_KFUNCS_START with 6.8 (since then
 * register_btf_kfunc_id_set() refuses a set made by BTF_SET8_START).  All of this goes
 * with line 6.1 of dkms/matrix.
 */
#ifndef _EXTFUSE_COMPAT_KFUNC_H
#define _EXTFUSE_COMPAT_KFUNC_H

#include <linux/btf.h>
#include <linux/btf_ids.h>

#ifndef __bpf_kfunc
#define __bpf_kfunc __used noinline
#endif

#ifdef __bpf_kfunc_start_defs
#define extfuse_kfunc_start __bpf_kfunc_start_defs();
#define extfuse_kfunc_end __bpf_kfunc_end_defs();
#else
#define extfuse_kfunc_start \
	__diag_push(); \
	__diag_ignore_all("-Wmissing-prototypes", "called by BPF programs only");
#define extfuse_kfunc_end __diag_pop();
#endif

#ifdef BTF_KFUNCS_START
#define extfuse_kfunc_set_start(name) BTF_KFUNCS_START(name)
#define extfuse_kfunc_set_end(name) BTF_KFUNCS_END(name)
#else
#define extfuse_kfunc_set_start(name) BTF_SET8_START(name)
#define extfuse_kfunc_set_end(name) BTF_SET8_END(name)
#endif

#endif /* _EXTFUSE_COMPAT_KFUNC_H */
