// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: the kfuncs called by a program that BPF_PROG_RUN runs, where no
 * request is. Loaded with libbpf alone: it is no extension.
 */
#include "kfunc_results.h"

SEC("syscall") int run(struct extfuse_req *req)
{
	__u8 b[128] = {};

	result(KFUNC_RUN_READ, bpf_extfuse_read_args(req, OPCODE, b, 4));
	result(KFUNC_RUN_WRITE, bpf_extfuse_write_args(req, OUT_PARAM_0, b, sizeof(b)));
	result(KFUNC_RUN_FRESH, bpf_extfuse_fresh(req, 1, EXTFUSE_KIND_ATTR, ~0ULL));
	return 0;
}

char _license[] SEC("license") = "GPL";
