// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program for INIT, which programs are never asked for.
 * expect: open "neither extfuse/OPCODE nor extfuse.reply/OPCODE"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(init)
{
	(void)req;
	return EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
