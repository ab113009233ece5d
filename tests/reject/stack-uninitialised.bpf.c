// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers with memory of the stack that it has not written. Newer verifiers let
 * the privileged do so; an answer that rests on nothing is not taken.
 * expect: load "invalid (indirect )?read from stack"
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

/* Younger compilers see it, too. */
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wuninitialized-const-pointer"

EXTFUSE_REQUEST(getattr)
{
	struct fuse_attr_out out;

	return bpf_extfuse_write_args(req, OUT_PARAM_0, &out, sizeof(out)) ? EXTFUSE_UPCALL : 0;
}

char _license[] SEC("license") = "GPL";
