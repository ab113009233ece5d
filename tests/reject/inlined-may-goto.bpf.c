// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop with may_goto, which the verifier makes a counter of, and newer ones a
 * look at the clock now and then. It may, where the kernel knows it.
 * expect: load "unknown opcode e5|unrecognized opcode|invalid BPF"
 * expect: run "OK"
 */
#include <extfuse/bpf.h>

/* The instruction by its bytes: not every compiler knows its name. */
#define MAY_GOTO(label)									\
	asm volatile goto("1: .byte 0xe5; .byte 0;"					\
			  ".long ((%l[" #label "] - 1b - 8) / 8) & 0xffff; .short 0"	\
			  : : : : label)

EXTFUSE_REQUEST(getattr)
{
	volatile __u64 n = 0;

	while (n < 100) {
		MAY_GOTO(out);
		n++;
	}
out:
	(void)req;
	return n == 100 ? EXTFUSE_UPCALL : -EXTFUSE_EACCES;
}

char _license[] SEC("license") = "GPL";
