// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never ends.
 * expect: load "infinite loop detected"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	/* Not a counter: some verifiers follow that for minutes. */
	do
		asm volatile("");
	while (req->opcode);
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
